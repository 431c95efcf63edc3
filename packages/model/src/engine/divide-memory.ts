// Divides the granted memory: keys and values, activations, and what is left for weights.
import type { Architecture, ModelConfig } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { Backend, ByteRange, Encoder, KvCacheDType } from '@rondo/tensor';
import { formatBytes } from '../memory/amounts.ts';
import { rehearsePass } from '../pass/encode-pass.ts';
import { expertTensorBytes } from '../pass/expert-routing.ts';
import { batchInputBytes } from '../pass/layer-inputs.ts';
import type { Budget } from '../memory/budget.ts';
import { kvCacheShape } from '../states/kv-cache-shape.ts';
import { bytesAtOnce, largestBytes, segmentsOf, type Grain, type Segmentation } from '../weights/segments.ts';

/** What the budget depends on. */
export interface BudgetOptions {
  readonly backend: Backend;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly segmentation: Segmentation;
  /** Alignment of the source, which rounds segments up. */
  readonly alignment: number;
  readonly totalBytes: number;
  /** Positions asked for; undefined = up to the default, as many as half of the memory holds. */
  readonly contextTokens: number | undefined;
  readonly sessions: number;
  readonly kvCacheDtype: KvCacheDType;
  /** Bytes that keys and values are taken in as texts grow; undefined = for full contexts at once. */
  readonly kvPageBytes: number | undefined;
}

/** How the weights are cut, and the memory divided. */
export interface Division {
  readonly segmentation: Segmentation;
  /** As if all contexts were full. */
  readonly budget: Budget;
  /** As large as segments, so that they take each other's place; undefined where keys and values need not grow. */
  readonly kvPageBytes: number | undefined;
}

/** Positions of a context where nobody asks for more or fewer: enough for a conversation. */
const DEFAULT_CONTEXT_TOKENS = 4096;
/** Tokens of a batch; more gain nothing, since each weight block is long in cache by then. */
const BATCH_TOKENS = 512;
/** Slots of recurrent states: the current states, and copies to go back to, where these take no more than a share of the memory. */
const STATE_SLOTS = 3;
const STATE_SHARE = 1 / 8;
/** Rows of logits at once when many are wanted. */
const LOGIT_ROWS = 64;
/**
 * Share of the memory that a batch's activations may take before it is made smaller: where weights stream, what they take is
 * read again for each token, and a few dozen tokens already take longer to compute than the weights to read.
 */
const ACTIVATION_SHARE = { resident: 1 / 8, streaming: 1 / 32 };
/** Share of the memory that the rows of further batches may take, of which each is a few thousandths of a batch's activations. */
const PASS_SHARE = 1 / 64;
/** Command lists, control blocks, and what alignment loses. */
const OVERHEAD_BYTES = 1 << 18;
/**
 * Share of the memory that weights leave to what the runtime takes for a model beyond that: its objects, and the system's page
 * tables. Where there is little, a pass's needs come first.
 */
const RUNTIME_SHARE = 1 / 64;

/** Bookkeeping of a segment, of which so many are in the runtime's share. */
const SEGMENT_RECORD_BYTES = 2048;
const FREE_RECORDS = 1024;

/** Segments that a memory is to hold at tensor grain: so many that what passes takes a few hundredths of it. */
const SEGMENTS = 128;
/** Sizes of segments between which reading is fast, and a few of them take little room. */
const LEAST_SEGMENT_BYTES = 1 << 18;
const MOST_SEGMENT_BYTES = 1 << 24;

/**
 * Cuts the weights and divides the memory: into whole layers where all of them fit, since nothing comes or goes then; else at
 * the grain asked for; where that is single tensors, keys and values can grow.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `BUDGET_TOO_SMALL`
 */
export function divideMemory(
  gguf: Gguf,
  { grain, kvGrows }: { readonly grain: Grain; readonly kvGrows: boolean },
  options: Omit<BudgetOptions, 'segmentation' | 'kvPageBytes'>,
): Division {
  const { backend, architecture, config, alignment } = options;
  const slotBytes = (ranges: readonly ByteRange[]) => backend.slotBytes(ranges, alignment);
  const divide = (segmentBytes = Infinity): Division => {
    const segmentation = segmentsOf(gguf, architecture, config, { segmentBytes, slotBytes });
    const plan = (kvPageBytes: number | undefined) => ({
      segmentation,
      budget: planBudget({ ...options, segmentation, kvPageBytes }),
      kvPageBytes,
    });
    if (!kvGrows || segmentBytes === Infinity) return plan(undefined);
    const paged = plan(largestBytes(segmentation.segments));
    return paged.budget.fullKvCacheBytes <= backend.pagedBytes ? paged : plan(undefined);
  };
  if (grain === 'layer') return divide();
  const bytes = Math.floor(options.totalBytes / SEGMENTS);
  const fine = divide(Math.min(MOST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, bytes)));
  return fine.budget.allWeightBytes <= fine.budget.weightBytes ? divide() : fine;
}

/**
 * Divides `totalBytes`.
 *
 * @throws RondoError `BUDGET_TOO_SMALL` saying how many bytes are needed, and for what
 */
function planBudget(options: BudgetOptions): Budget {
  const { backend, config, segmentation, sessions, kvCacheDtype, kvPageBytes } = options;
  const totalBytes = Math.min(options.totalBytes, backend.maximumBytes);
  const largest = bytesAtOnce(segmentation);
  const overheadBytes =
    OVERHEAD_BYTES + SEGMENT_RECORD_BYTES * Math.max(0, segmentation.segments.length - FREE_RECORDS);
  const kvBytesWith = (stateSlots: number, capacity: number, batchTokens: number, pageBytes?: number) =>
    sessions *
    backend.kvCacheBytes(
      kvCacheShape(config, { capacity, dtype: kvCacheDtype, batchTokens, pageBytes, stateSlots }),
    );
  const perToken = activationBytes(options);
  const otherBytes = perToken.token + perToken.logits + largest + overheadBytes;
  /** What sequences need at least, with so many slots. */
  const withSlots = (stateSlots: number) => {
    // Without positions, there are recurrent states alone.
    const stateBytes = kvBytesWith(stateSlots, 0, 1);
    const contextTokens =
      options.contextTokens ??
      defaultContext(
        config,
        totalBytes - stateBytes,
        (tokens) => kvBytesWith(stateSlots, tokens, 1) - stateBytes,
      );
    const leastKvBytes = kvBytesWith(stateSlots, contextTokens, 1, kvPageBytes);
    return { stateSlots, stateBytes, contextTokens, leastKvBytes };
  };
  const copied = withSlots(STATE_SLOTS);
  const hasCopies =
    copied.stateBytes > 0 &&
    copied.stateBytes <= totalBytes * STATE_SHARE &&
    copied.leastKvBytes + otherBytes <= totalBytes;
  const { stateSlots, contextTokens, leastKvBytes } = hasCopies ? copied : withSlots(1);
  /** Layers with a window keep the tokens of a batch beside it. */
  const kvBytesFor = (batchTokens: number) =>
    kvBytesWith(stateSlots, contextTokens, batchTokens, kvPageBytes);
  const least = leastKvBytes + otherBytes;
  if (totalBytes < least) {
    const each = sessions > 1 ? ` in each of ${sessions} sessions` : '';
    const parts = `${formatBytes(largest)} for the weights that are needed at once, ${formatBytes(leastKvBytes)} for the keys and values of ${contextTokens} tokens${each}, ${formatBytes(least - largest - leastKvBytes)} for activations`;
    const hint = contextTokens > 1 ? ' A smaller context needs less.' : '';
    throw new RondoError(
      'BUDGET_TOO_SMALL',
      `The model needs at least ${least} bytes of memory (${formatBytes(least)}), but ${totalBytes} were granted: ${parts}.${hint}`,
      {
        details: {
          neededBytes: least,
          grantedBytes: totalBytes,
          segmentBytes: largest,
          kvCacheBytes: leastKvBytes,
          contextTokens,
          sessions,
        },
      },
    );
  }
  const allWeightBytes = segmentation.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const { resident, streaming } = ACTIVATION_SHARE;
  const fits = leastKvBytes + allWeightBytes + totalBytes * resident <= totalBytes;
  const room = Math.max(
    perToken.token + perToken.logits,
    Math.min(totalBytes * (fits ? resident : streaming), totalBytes - least),
  );
  const batchTokens = largestPower(
    Math.min(BATCH_TOKENS, 2 ** Math.ceil(Math.log2(contextTokens))),
    (tokens) => tokens * perToken.token + perToken.logits + kvBytesFor(tokens) - leastKvBytes <= room,
  );
  const kvCacheBytes = kvBytesFor(batchTokens);
  const batchRoom = room - (kvCacheBytes - leastKvBytes);
  const logitRows = largestPower(
    LOGIT_ROWS,
    (rows) => batchTokens * perToken.token + rows * perToken.logits <= batchRoom,
  );
  const oneBatch = batchTokens * perToken.token + logitRows * perToken.logits;
  const roomBytes = totalBytes - kvCacheBytes - oneBatch - overheadBytes;
  const weightBytes = Math.max(
    Math.min(largest, roomBytes),
    roomBytes - Math.ceil(totalBytes * RUNTIME_SHARE),
  );
  const rowsBytes = batchTokens * rowBytes(config);
  const furtherBatches =
    fits || config.experts > 0
      ? 0
      : Math.min(
          Math.ceil(contextTokens / batchTokens) - 1,
          Math.floor(Math.min(totalBytes * PASS_SHARE, weightBytes - largest) / rowsBytes),
        );
  return {
    totalBytes,
    kvCacheBytes,
    fullKvCacheBytes: kvCacheBytes,
    activationBytes: oneBatch + furtherBatches * rowsBytes,
    weightBytes: weightBytes - furtherBatches * rowsBytes,
    allWeightBytes,
    contextTokens,
    sessions,
    stateSlots,
    batchTokens,
    passTokens: batchTokens * (1 + furtherBatches),
    logitRows,
  };
}

/** The most positions up to the default that half of the memory holds. */
function defaultContext(
  { contextLength }: ModelConfig,
  totalBytes: number,
  kvBytes: (tokens: number) => number,
): number {
  let [fits, tooMany] = [1, Math.min(contextLength, DEFAULT_CONTEXT_TOKENS) + 1];
  while (tooMany - fits > 1) {
    const tokens = Math.floor((fits + tooMany) / 2);
    if (kvBytes(tokens) <= totalBytes / 2) fits = tokens;
    else tooMany = tokens;
  }
  return fits;
}

/** Bytes of activations that a token and a row of logits need at most: measured by encoding every stage of a pass. */
function activationBytes(options: BudgetOptions): { token: number; logits: number } {
  const { backend, architecture, config, segmentation, kvCacheDtype } = options;
  return rehearsePass(options, backend, kvCacheDtype, (rehearsal) => {
    const bytesOf = (encode: (e: Encoder) => void): number => {
      const encoder = backend.encoder();
      encode(encoder);
      return encoder.temporaryBytes;
    };
    const [output, ...layers] = segmentation.stages.toReversed();
    if (!output || layers.length === 0) throw new RangeError('A model without stages.');
    const perLayer = layers.toReversed().map(({ weights, before, experts, after }, layer) => {
      // All tokens may choose the same experts; what two of them need, one after the other, any number does.
      const around = { ...before.weights, ...after.weights };
      const two = experts.slice(0, 2).map((expert) => expert.weights);
      return Math.max(
        bytesOf((e) => rehearsal.layer(e, weights, layer)),
        two.length > 0 ? bytesOf((e) => rehearsal.experts(e, two, around, layer)) : 0,
      );
    });
    return {
      token:
        perLayer.reduce((most, bytes) => Math.max(most, bytes), 0) +
        rowBytes(config) +
        (architecture.experts ? expertTensorBytes(config) : 0),
      logits: bytesOf((e) => rehearsal.output(e, output.weights)) + config.vocabularySize * 4,
    };
  });
}

/** Bytes of a token between layers, and of what these see of it beside that. */
function rowBytes(config: ModelConfig): number {
  return config.width * 4 + batchInputBytes(config);
}

/** The largest power of two up to `most` for which `fits`, and at least 1. */
function largestPower(most: number, fits: (value: number) => boolean): number {
  let value = most;
  while (value > 1 && !fits(value)) value /= 2;
  return value;
}
