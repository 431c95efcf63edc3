// llama.cpp's tokenizers as the reference; only the vocabulary of a file is loaded.
import { getLlama, LlamaLogLevel, type Llama, type Token } from 'node-llama-cpp';

/** The tokenizer of one file in llama.cpp. */
export interface LlamaCppTokenizer extends AsyncDisposable {
  /** The ids of a text, with no tokens added at its ends; control tokens count if `special` is set. */
  tokenize(text: string, special: boolean): number[];
  /** The text of ids, with control tokens if `special` is set. */
  detokenize(ids: readonly number[], special: boolean): string;
  /** Whether generation stops at an id. */
  isEndOfGeneration(id: number): boolean;
  /** Whether `tokenize` of whole prompts puts the beginning-of-text token first, and the end-of-text token last. */
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  /** The tokens for filling in the middle of a text; undefined where the vocabulary has no such token. */
  readonly fillIn: Readonly<Record<'prefix' | 'suffix' | 'middle', number | undefined>>;
}

/** llama.cpp, for vocabularies. */
export interface LlamaCppTokenizers extends AsyncDisposable {
  open(path: string): Promise<LlamaCppTokenizer>;
}

/** Starts llama.cpp. */
export async function startLlamaCppTokenizers(): Promise<LlamaCppTokenizers> {
  const llama: Llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.disabled,
    maxThreads: 1,
  });
  return {
    async open(modelPath) {
      const model = await llama.loadModel({ modelPath, gpuLayers: 0, vocabOnly: true });
      return {
        tokenize: (text, special) => [...model.tokenize(text, special)],
        detokenize: (ids, special) => model.detokenize(ids as readonly number[] as Token[], special),
        isEndOfGeneration: (id) => model.isEogToken(id as Token),
        addsBos: model.tokens.shouldPrependBosToken,
        addsEos: model.tokens.shouldAppendEosToken,
        fillIn: {
          prefix: model.tokens.infill.prefix ?? undefined,
          suffix: model.tokens.infill.suffix ?? undefined,
          middle: model.tokens.infill.middle ?? undefined,
        },
        [Symbol.asyncDispose]: () => model.dispose(),
      };
    },
    [Symbol.asyncDispose]: () => llama.dispose(),
  };
}
