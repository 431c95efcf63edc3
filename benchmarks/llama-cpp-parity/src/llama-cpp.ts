// llama.cpp as the reference: greedy decoding with the lead of each choice, tokenizing, the perplexity of a text, and the
// embedding of a text.
import { getLlama, LlamaLogLevel, type Llama, type LlamaModel, type Token } from 'node-llama-cpp';

/** One greedy continuation. */
export interface GreedyRun {
  readonly ids: readonly number[];
  /** For each step, the logit of the chosen token less the second best logit. */
  readonly leads: readonly number[];
}

/** A model in llama.cpp. */
export interface LlamaCpp extends AsyncDisposable {
  /** Token ids of a text, without a beginning of text; control tokens in the text are parsed if `special` is set. */
  tokenize(text: string, special?: boolean): number[];
  /** Continues a prompt by `steps` tokens. */
  greedy(prompt: readonly number[], steps: number): Promise<GreedyRun>;
  /**
   * Only the ids, at llama.cpp's own speed: its probabilities of a large vocabulary take longer than the token. The end
   * of the text is the last id.
   */
  greedyIds(prompt: readonly number[], steps: number): Promise<number[]>;
  /** For each of these positions, how far the logit of the best next token leads the second best logit. */
  leadsAt(ids: readonly number[], positions: readonly number[]): Promise<number[]>;
  /** For each of `ids` after position `from`, the natural logarithm of its probability given the ids before it. */
  logProbabilities(ids: readonly number[], from: number): Promise<number[]>;
  /** A greedy continuation, and for each step the logits of all tokens less their mean. */
  greedyLogits(
    prompt: readonly number[],
    steps: number,
  ): Promise<GreedyRun & { readonly logits: readonly Float64Array[] }>;
}

const tokensOf = (ids: readonly number[]) => ids as readonly number[] as readonly Token[] as Token[];

/**
 * Opens a model on one thread of the CPU: several threads wait for each other by spinning, which takes minutes on a busy
 * machine. Keys and values are F32 and attention is not fused, because F16 and fusing move the logits by 0.01.
 */
export async function openLlamaCpp(path: string, contextSize = 512): Promise<LlamaCpp> {
  const llama = await onOneThread();
  const model: LlamaModel = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize,
    sequences: 1,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();
  const next = { generateNext: { probabilities: true, options: { temperature: 0 } } } as const;
  return {
    tokenize: (text, special = false) => [...model.tokenize(text, special)],
    async greedy(prompt, steps) {
      await sequence.clearHistory();
      const ids: number[] = [];
      const leads: number[] = [];
      let input = tokensOf(prompt);
      while (ids.length < steps) {
        const last = input.length - 1;
        const results = await sequence.controlledEvaluate(
          input.map((token, index) => (index === last ? [token, next] : token)),
        );
        const { token, lead } = leadOf(results[last]?.next.probabilities);
        ids.push(token);
        leads.push(lead);
        input = [token];
      }
      return { ids, leads };
    },
    async greedyLogits(prompt, steps) {
      await sequence.clearHistory();
      const ids: number[] = [];
      const leads: number[] = [];
      const logits: Float64Array[] = [];
      let input = tokensOf(prompt);
      while (ids.length < steps) {
        const last = input.length - 1;
        const results = await sequence.controlledEvaluate(
          input.map((token, index) => (index === last ? [token, next] : token)),
        );
        const probabilities = results[last]?.next.probabilities;
        const { token, lead } = leadOf(probabilities);
        ids.push(token);
        leads.push(lead);
        logits.push(centredLogits(probabilities ?? new Map()));
        input = [token];
      }
      return { ids, leads, logits };
    },
    async greedyIds(prompt, steps) {
      await sequence.clearHistory();
      const tokens = sequence.evaluate(tokensOf(prompt), { temperature: 0, yieldEogToken: true });
      const ids: number[] = [];
      while (ids.length < steps) {
        const { value } = await tokens.next();
        if (value === undefined) break;
        ids.push(value);
      }
      await tokens.return(undefined);
      return ids;
    },
    async leadsAt(ids, positions) {
      await sequence.clearHistory();
      const results = await sequence.controlledEvaluate(
        tokensOf(ids).map((token, index) => (positions.includes(index) ? [token, next] : token)),
      );
      return positions.map((position) => leadOf(results[position]?.next.probabilities).lead);
    },
    async logProbabilities(ids, from) {
      await sequence.clearHistory();
      const results = await sequence.controlledEvaluate(
        tokensOf(ids).map((token, index) =>
          index >= from && index < ids.length - 1 ? [token, next] : token,
        ),
      );
      return ids.slice(from + 1).map((id, index) => {
        const probability = results[from + index]?.next.probabilities?.get(tokensOf([id])[0] as Token);
        if (probability === undefined) throw new Error('llama.cpp gave no probabilities.');
        return Math.log(probability);
      });
    },
    async [Symbol.asyncDispose]() {
      await context.dispose();
      await model.dispose();
    },
  };
}

/** The embedding of each text, pooled as the model's file says and not normalized; attention is not fused. */
export async function embedByLlamaCpp(
  path: string,
  texts: readonly (readonly number[])[],
): Promise<number[][]> {
  const llama = await onOneThread();
  await using model = await llama.loadModel({
    modelPath: path,
    gpuLayers: 0,
    defaultContextFlashAttention: false,
  });
  await using context = await model.createEmbeddingContext({ contextSize: 512, threads: 1 });
  const embeddings: number[][] = [];
  for (const text of texts)
    embeddings.push([...(await context.getEmbeddingFor(tokensOf(text) as Token[])).vector]);
  return embeddings;
}

let started: Promise<Llama> | undefined;

/** llama.cpp, which is started once in a process: each start tries its program in a process of its own, which takes a second. */
function onOneThread(): Promise<Llama> {
  started ??= getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 });
  return started;
}

/** The best token, and how far its logit leads the second best; the probabilities come best first. */
function leadOf(probabilities: ReadonlyMap<Token, number> | undefined): { token: Token; lead: number } {
  const [best, second] = probabilities?.entries() ?? [];
  if (!best || !second) throw new Error('llama.cpp gave no probabilities.');
  return { token: best[0], lead: Math.log(best[1]) - Math.log(second[1]) };
}

/** Logits less their mean, by the ids of the tokens. */
function centredLogits(probabilities: ReadonlyMap<Token, number>): Float64Array {
  const logits = new Float64Array(probabilities.size);
  for (const [token, probability] of probabilities) logits[token] = Math.log(probability);
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  return logits.map((logit) => logit - mean);
}
