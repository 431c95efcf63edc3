// llama.cpp's samplers on the logits after a prompt: the distribution from which they would draw.
import { getLlama, LlamaLogLevel, TokenBias, type SequenceEvaluateOptions, type Token } from 'node-llama-cpp';

/** Probabilities by token id; a token that cannot be drawn is absent. */
export type Distribution = ReadonlyMap<number, number>;

/** Samplers of llama.cpp. */
export type LlamaCppSamplers = Omit<SequenceEvaluateOptions, 'repeatPenalty' | 'tokenBias'> & {
  readonly repeatPenalty?: {
    readonly penalty: number;
    readonly frequencyPenalty: number;
    readonly presencePenalty: number;
    /** How many of the last tokens of the prompt are penalized. */
    readonly lastTokens: number;
  };
  /** What is added to logits, by token id. */
  readonly biases?: Readonly<Record<number, number>>;
};

/** A model in llama.cpp whose samplers can be asked. */
export interface LlamaCppSampling extends AsyncDisposable {
  /** The logits after a prompt. */
  logits(ids: readonly number[]): Promise<Float32Array>;
  /**
   * The distribution that the samplers leave after a prompt. They run in this order: biases, penalties, top-k, top-p, min-p, XTC,
   * temperature. DRY sees no token of a prompt.
   */
  distribution(ids: readonly number[], samplers: LlamaCppSamplers): Promise<Distribution>;
  /** Draws `steps` tokens after a prompt, each with its distribution. DRY, which comes after the penalties, sees these tokens. */
  draw(
    ids: readonly number[],
    samplers: LlamaCppSamplers,
    steps: number,
  ): Promise<readonly { readonly id: number; readonly distribution: Distribution }[]>;
}

/** Opens a model on one thread of the CPU. */
export async function openSampling(path: string): Promise<LlamaCppSampling> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize: 512,
    sequences: 1,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();

  function optionsOf(ids: readonly number[], { repeatPenalty, biases, ...options }: LlamaCppSamplers) {
    const tokenBias = new TokenBias(model.tokenizer);
    for (const [id, logit] of Object.entries(biases ?? {})) tokenBias.set(Number(id) as Token, { logit });
    return {
      ...options,
      ...(biases && { tokenBias }),
      ...(repeatPenalty && {
        repeatPenalty: { ...repeatPenalty, punishTokens: tokensOf(ids.slice(-repeatPenalty.lastTokens)) },
      }),
    };
  }

  async function after(ids: readonly number[], samplers: LlamaCppSamplers) {
    await sequence.clearHistory();
    const generateNext = { probabilities: true, logits: true, options: optionsOf(ids, samplers) };
    const results = await sequence.controlledEvaluate(
      tokensOf(ids).map((token, index) => (index === ids.length - 1 ? [token, { generateNext }] : token)),
    );
    return results.at(-1)?.next;
  }

  return {
    async logits(ids) {
      const next = await after(ids, { temperature: 1, topK: 0, topP: 1, minP: 0 });
      const logits = new Float32Array(next?.logits?.size ?? 0);
      for (const [token, logit] of next?.logits ?? []) logits[token] = logit;
      return logits;
    },
    distribution: async (ids, samplers) => distributionOf((await after(ids, samplers))?.probabilities),
    async draw(ids, samplers, steps) {
      await sequence.clearHistory();
      const options = { ...optionsOf(ids, samplers), yieldEogToken: true };
      const drawn: { id: number; distribution: Distribution }[] = [];
      const tokens = sequence.evaluateWithMetadata(tokensOf(ids), { probabilities: true }, options);
      for await (const { token, probabilities } of tokens) {
        drawn.push({ id: token, distribution: distributionOf(probabilities) });
        if (drawn.length === steps) break;
      }
      return drawn;
    },
    async [Symbol.asyncDispose]() {
      await context.dispose();
      await model.dispose();
    },
  };
}

const tokensOf = (ids: readonly number[]) => ids as readonly number[] as readonly Token[] as Token[];

function distributionOf(probabilities: ReadonlyMap<Token, number> | undefined): Distribution {
  return new Map([...(probabilities ?? [])].filter(([, probability]) => probability > 0));
}
