// The options of loading a model.
import { checkPolicy, type CachePolicy, type ExpertRecord } from '@rondo/cache';
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
import type { ProfileSink } from '../profile/profile-event.ts';
import type { LoadProgress } from '../weights/preload.ts';
import type { Grain } from '../weights/segments.ts';

/** How to load a model. Everything has a default. */
export interface LoadOptions extends OverrideOptions {
  /**
   * Memory that the model may use beyond the bare runtime, for weights, keys and values and activations together: bytes,
   * or a text such as `2GiB`. Default `'auto'`: four fifths of the memory that the system reports as available. With a cache
   * policy that sizes itself (`adaptive()`), the weights then follow the free memory of the system while the model runs.
   */
  readonly memory?: ByteAmount | 'auto' | undefined;
  /**
   * Number of positions of the context. Default: as many as the model was trained for, at most 4,096, and at most as many as
   * half of the memory holds.
   */
  readonly context?: number | undefined;
  /**
   * The type in which keys and values are kept. Default F32. Q8_0 takes 27% of the memory of F32, so that a long context
   * leaves room for weights. It rounds keys and values as Q8_0 weights are rounded.
   */
  readonly kvCacheDtype?: KvCacheDType | undefined;
  /**
   * How many texts are run at once. Each text has keys and values of its own, and the texts share passes over the weights: if
   * weights stream, four texts take hardly longer than one text. Further texts wait for their turn. Default 1.
   */
  readonly sessions?: number | undefined;
  /**
   * The backend that computes. Default `cpu()`. A promise, as `cpu()` gives, belongs to the model and is disposed of with the
   * model; a backend that you have awaited is yours, and may serve several models.
   */
  readonly backend?: Backend | Promise<Backend> | undefined;
  /**
   * The pieces in which weights are loaded and evicted if not all of them fit. `tensor` (the default): single tensors; large
   * tensors are cut by rows. Small pieces leave more memory for weights that stay. `layer`: whole layers, for comparisons with
   * published strategies, which load whole layers.
   */
  readonly grain?: Grain | undefined;
  /**
   * The policy that chooses which weights to evict when there is no room. Each model needs an object of its own. Default
   * `pinned()`, and for models with experts `roundLfu()`: weights that the last token used stay, and then the weights that are
   * used most often.
   */
  readonly cache?: CachePolicy<number> | undefined;
  /** The strategy that chooses which weights are read ahead. Default `async({ concurrency: 4 })`. */
  readonly prefetch?: PrefetchStrategy | undefined;
  /**
   * Whether the MTP block of the file is loaded, for the speculation `mtp()`. An MTP block predicts the token after the next
   * token. It takes the memory of a layer, keys and values included, and a few rows for each token of a batch. Default false:
   * the block is left out. A file without such a block is refused with `UNSUPPORTED`.
   */
  readonly mtp?: boolean | undefined;
  /** Called while the header and then the weights that stay are read. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /**
   * Called with problems that do not stop the model from loading or running, once for each code and message. Default: a
   * warning of the Node process (`process.emitWarning`), elsewhere `console.warn`.
   */
  readonly onWarning?: OnWarning | undefined;
  /**
   * Called with the experts that each router has chosen, layer by layer, for all tokens that are computed together, also for
   * tokens that speculation proposes in vain, but not for the MTP block. `writeExpertTrace` of `@rondo/cache` makes a file of
   * the records. An error of the callback ends the pass. Never called for a model without experts.
   */
  readonly onExperts?: ((record: ExpertRecord) => void) | undefined;
  /**
   * Takes events of what the model does: operations of each thread, reads, waits for weights, evictions. `createProfile()` makes
   * a trace and a summary of the events. The operations come from the backend: a backend of your own must have been made with
   * `cpu({ profile: true })`. Default: nothing is recorded.
   */
  readonly profile?: ProfileSink | undefined;
  readonly signal?: AbortSignal | undefined;
}

const backend: Check = (value) =>
  typeof value === 'object' && value !== null && ('then' in value || 'submit' in value)
    ? undefined
    : 'a backend, such as `cpu()` gives, or a promise of one';

const loadChecks: Readonly<Record<keyof LoadOptions, Check>> = {
  // A bad amount is refused when it is parsed.
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
  mtp: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  overrides: checkOverrides,
  ropeFrequencyBase: checkPositive,
  ropeFrequencyScale: checkPositive,
  onProgress: aFunction,
  onWarning: aFunction,
  onExperts: aFunction,
  profile: (value) =>
    typeof Object(value).record === 'function'
      ? undefined
      : 'an object with a function `record`, such as `createProfile()` gives',
  signal,
};

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `loadModel` that is unknown or of another kind */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptions('loadModel', options, loadChecks);
}
