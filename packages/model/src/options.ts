// The options of what a model does, which every part may read.
import type { CachePolicy } from '@rondo/cache';
import type { OnWarning } from '@rondo/errors';
import type { PrefetchStrategy } from '@rondo/prefetch';
import type { Backend, KvCacheDType } from '@rondo/tensor';
import type { Grain } from './budget.ts';
import type { ByteAmount } from './bytes.ts';
import type { SamplerOptions } from './sampling/index.ts';
import type { SpeculationStrategy } from './speculation/strategy.ts';

/** How far loading is: `loaded` of `total` bytes. */
export interface LoadProgress {
  readonly phase: 'header' | 'weights';
  readonly loaded: number;
  readonly total: number;
}

/** How to load a model. Everything has a default. */
export interface LoadOptions {
  /**
   * Memory that the model may use beyond the bare runtime, for weights, keys and values and activations together: bytes,
   * or a text such as `2GiB`. Default `'auto'`: four fifths of what the system says is available; with a cache policy that
   * sizes itself (`adaptive()`) the weights then follow what others leave free while the model runs.
   */
  readonly memory?: ByteAmount | 'auto' | undefined;
  /** Positions of the context. Default: what the model was trained for, at most 4,096 and at most half of the memory. */
  readonly context?: number | undefined;
  /**
   * How keys and values are kept. Default F32; Q8_0 takes 27% of its memory, so that a long context leaves room for
   * weights, and rounds them as Q8_0 weights are rounded.
   */
  readonly kvCacheDtype?: KvCacheDType | undefined;
  /**
   * How many texts are run at once, each with keys and values of its own, sharing passes over the weights: where weights
   * have to be read again and again, four texts take hardly longer than one. Further ones wait for their turn. Default 1.
   */
  readonly sessions?: number | undefined;
  /**
   * What computes. Default `cpu()`. A promise, as `cpu()` gives, is the model's own and disposed of with it; a backend
   * that you have awaited is yours, and may serve several models.
   */
  readonly backend?: Backend | Promise<Backend> | undefined;
  /**
   * In what pieces weights that do not all fit come and go: single tensors, of large ones some rows (the default), which
   * takes little room for what passes; or whole layers, to compare strategies as they are described elsewhere.
   */
  readonly grain?: Grain | undefined;
  /**
   * Which weights leave when there is no room. An object of its own for each model. Default `pinned()`, and
   * for models with experts `lfu()`: what each token needs is used most, then the experts that the router prefers.
   */
  readonly cache?: CachePolicy<number> | undefined;
  /** Which weights are read ahead. Default `async({ concurrency: 4 })`. */
  readonly prefetch?: PrefetchStrategy | undefined;
  /** Called while the header and then the weights that stay are read. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /**
   * Called with what you should know although the model loads or runs, once for each code and message. Default: a warning of
   * the Node process (`process.emitWarning`), elsewhere `console.warn`.
   */
  readonly onWarning?: OnWarning | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How to generate. */
export interface GenerateOptions extends SamplerOptions {
  /** Tokens at most. Default: until the model ends or the context is full. */
  readonly maxTokens?: number | undefined;
  /**
   * A text or texts that end the generation; they are not part of the result. The text of a control token, such as
   * `<|im_end|>`, ends it where that token comes. An empty text is refused.
   */
  readonly stop?: string | readonly string[] | undefined;
  /** Cancels, also reads in flight; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called while the prompt is read. */
  readonly onPrefill?: ((readTokens: number, ofTokens: number) => void) | undefined;
  /**
   * Proposes tokens that passes verify beside giving the next one: `promptLookup()`, `draftModel(model)`. The text is the
   * same, seeded or greedy; passes are fewer. Default: none.
   */
  readonly speculate?: SpeculationStrategy | undefined;
}

/** How a conversation begins. */
export interface ChatOptions {
  /** What the model is told before the first message. */
  readonly system?: string | undefined;
}

/** How to measure the perplexity of a text. */
export interface PerplexityOptions {
  /** Tokens of a window. Default 512, or the model's context where that is smaller. */
  readonly windowTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each window, with the perplexity so far. */
  readonly onWindow?: ((done: number, of: number, perplexity: number) => void) | undefined;
}
