// The interface of a loaded model.
import type { ModelConfig } from '@rondo/architectures';
import type { Gguf } from '@rondo/gguf';
import type { Tokenizer } from '@rondo/tokenizer';
import type { Bound } from './engine/bottleneck.ts';
import type { Budget } from './memory/budget.ts';
import type { ByteAmount } from './memory/amounts.ts';
import type { Chat } from './conversation/chat.ts';
import type { FillIn } from './generation/fill-in.ts';
import type { GenerationPart } from './generation/generation-part.ts';
import type { ChatOptions } from './conversation/chat-options.ts';
import type { GenerateOptions } from './generation/generate-options.ts';
import type { ExpertStats } from './weights/expert-counts.ts';
import type { Layers } from './weights/layer-manager.ts';

/** Statistics of the weight cache since the model was loaded or the statistics were reset. */
export interface ModelStats {
  /** Name of the cache policy. */
  readonly policy: string;
  /** Name of the prefetch strategy. */
  readonly prefetch: string;
  /** Number of segments that passes asked for; `hits + lateHits + misses`. */
  readonly accesses: number;
  readonly hits: number;
  /** Number of segments that arrived while the pass was already waiting for them. */
  readonly lateHits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Bytes read from the source, for whatever purpose. */
  readonly bytesRead: number;
  /** Time that passes waited for weights, in milliseconds. */
  readonly stallMs: number;
  /** hits / accesses; a late hit is no hit. */
  readonly hitRate: number;
  /** The hit rate of the offline optimum without prefetch on the same accesses, from an empty cache. */
  readonly beladyHitRate: number;
  readonly residentWeightBytes: number;
  readonly peakWeightBytes: number;
  /** Counts of experts; undefined for a model without experts. */
  readonly experts: ExpertStats | undefined;
  /** Passes over the weights, and how long they took together, in milliseconds. */
  readonly passes: number;
  readonly passMs: number;
  /** Time in which reads were under way, in milliseconds. */
  readonly readMs: number;
  /**
   * The limit of the passes: `computation` if they hardly waited for weights, `bandwidth` if they waited while reads were under
   * way all the time, `latency` if they waited while reads paused. Undefined before the first pass.
   */
  readonly bound: Bound | undefined;
}

/** A model that is ready to run. */
export interface Model {
  /** The file's header. */
  readonly gguf: Gguf;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** How the granted memory is divided. */
  readonly budget: Budget;
  /** The backend, described for people. */
  readonly backendDescription: string;
  /** The layer manager, for users who want to decide which weights are in memory. */
  readonly layers: Layers;
  /** Whether some weights are read again and again because they do not fit. */
  readonly streams: boolean;
  /**
   * Continues a text, or the tokens given, or fills in the gap between `prefix` and `suffix`. Concurrent calls share passes over the weights, as many calls at once as the option
   * `sessions` says; further calls wait for their turn. Each call gives the tokens that it would give alone. `break` ends the
   * generation; so does the signal.
   *
   * @throws RondoError `BAD_ARGUMENT`, `CONTEXT_FULL`, `NON_FINITE_LOGITS`, `READ_FAILED`, `SOURCE_CHANGED`, `CLOSED`,
   * `UNSUPPORTED` for a gap if the vocabulary has no tokens for it; the signal's reason
   */
  generate(
    prompt: string | readonly number[] | FillIn,
    options?: GenerateOptions,
  ): AsyncGenerator<GenerationPart, void, undefined>;
  /**
   * Starts a conversation.
   *
   * @throws RondoError `BAD_TEMPLATE` when the model has no chat template; `BAD_ARGUMENT` for bad options
   */
  createChat(options?: ChatOptions): Chat;
  /**
   * Logits `[vocabulary]` after each of the tokens from index `from` on, in order; the array is valid during the callback only.
   *
   * @throws RondoError as `generate`
   */
  eachLogits(
    ids: readonly number[],
    from: number,
    onLogits: (logits: Float32Array, token: number) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /**
   * Grants the model more or less memory than before, also while it runs. Resolves when the weights fit. Keys and values and
   * activations stay as they are. Memory that the CPU backend has once taken from the system is used again, but cannot be given
   * back: a smaller budget leaves to other programs only the memory that the backend has not yet taken.
   *
   * @throws RondoError `BAD_ARGUMENT`, `BUDGET_TOO_SMALL`: nothing is changed then
   */
  setMemoryBudget(amount: ByteAmount): Promise<void>;
  /** Counts since the model was loaded, or since `resetStats`. */
  stats(): ModelStats;
  /** Sets the counts to zero. The weights in memory stay. */
  resetStats(): void;
  /** Ends running generations, and gives back memory, threads and files. Idempotent. */
  dispose(): Promise<void>;
  /** `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
