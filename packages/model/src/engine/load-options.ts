// The options of loading a model.
import { checkPolicy, type CachePolicy } from '@rondo/cache';
import type { OnWarning } from '@rondo/errors';
import type { PrefetchStrategy } from '@rondo/prefetch';
import type { Backend, KvCacheDType } from '@rondo/tensor';
import {
  aFunction,
  anything,
  checkOptions,
  count,
  oneOf,
  signal,
  type Check,
} from '../common/check-arguments.ts';
import { checkOverrides, checkPositive, type OverrideOptions } from './overrides.ts';
import type { ByteAmount } from '../memory/amounts.ts';
import type { LoadProgress } from '../weights/preload.ts';
import type { Grain } from '../weights/segments.ts';

/** How to load a model. Everything has a default. */
export interface LoadOptions extends OverrideOptions {
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

const backend: Check = (value) =>
  typeof value === 'object' && value !== null && ('then' in value || 'submit' in value)
    ? undefined
    : 'a backend, such as `cpu()` gives, or a promise of one';

const loadChecks: Readonly<Record<keyof LoadOptions, Check>> = {
  // An amount that is none is refused where it is parsed.
  memory: anything,
  context: count,
  kvCacheDtype: oneOf('F32', 'Q8_0'),
  sessions: count,
  backend,
  grain: oneOf('tensor', 'layer'),
  cache(value) {
    checkPolicy(value);
    return undefined;
  },
  prefetch: aFunction,
  overrides: checkOverrides,
  ropeFrequencyBase: checkPositive,
  ropeFrequencyScale: checkPositive,
  onProgress: aFunction,
  onWarning: aFunction,
  signal,
};

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `loadModel` that is unknown or of another kind */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptions('loadModel', options, loadChecks);
}
