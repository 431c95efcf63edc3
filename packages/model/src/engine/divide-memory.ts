// Divides the granted memory among keys and values, activations, and weights, which get the rest.
import type { Architecture, ModelConfig } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { Backend, ByteRange, Encoder, KvCacheDType } from '@rondo/tensor';
import { formatBytes } from '../memory/amounts.ts';
import { rehearsePass } from '../pass/encode-pass.ts';
import { expertResultBytes, expertTensorBytes } from '../pass/expert-routing.ts';
import { batchInputBytes } from '../pass/layer-inputs.ts';
import { mtpTokenBytes } from '../pass/mtp-tensors.ts';
import type { Budget } from '../memory/budget.ts';
import { kvCacheShape } from '../states/kv-cache-shape.ts';
import { bytesAtOnce, largestBytes, segmentsOf, type Grain, type Segmentation } from '../weights/segments.ts';

/** The inputs of the budget. */
export interface BudgetOptions {
  readonly backend: Backend;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly segmentation: Segmentation;
  /** Alignment of the source, which rounds segments up. */
  readonly alignment: number;
  readonly totalBytes: number;
  /** Number of positions that the caller asked for. Undefined: as many as half of the memory holds, up to the default. */
  readonly contextTokens: number | undefined;
  readonly sessions: number;
  readonly kvCacheDtype: KvCacheDType;
  /** Bytes by which keys and values grow as texts grow. Undefined: memory for full contexts is taken at once. */
  readonly kvPageBytes: number | undefined;
}

/** How the weights are cut, and the memory divided. */
export interface Division {
  readonly segmentation: Segmentation;
  /** The budget when all contexts are full. */
  readonly budget: Budget;
  /** A page is as large as a segment, so that each can take the other's place. Undefined: keys and values do not grow. */
  readonly kvPageBytes: number | undefined;
}

/** Default positions of a context, enough for a conversation. */
const DEFAULT_CONTEXT_TOKENS = 4096;
/**
 * The most tokens of a batch. More tokens gain nothing: each weight block already serves many tokens from the processor's
 * cache.
 */
const BATCH_TOKENS = 512;
/**
 * Slots of each recurrent state: the current state, and copies to go back to. There are copies only if all slots take at most
 * `STATE_SHARE` of the memory.
 */
const STATE_SLOTS = 3;
const STATE_SHARE = 1 / 8;
/** The most rows of logits that are computed at once. */
const LOGIT_ROWS = 64;
/**
 * The largest share of the memory for a batch's activations: a batch that needs more is made smaller. If weights stream,
 * activations take memory from weights, and these weights are read again for each token. A larger batch gains little: a few
 * dozen tokens already take longer to compute than the weights take to read.
 */
const ACTIVATION_SHARE = { resident: 1 / 8, streaming: 1 / 32 };
/** The largest share of the memory for the rows of further batches. A batch's rows are a few thousandths of its activations. */
const PASS_SHARE = 1 / 64;
/** Bytes of command lists and control blocks, and bytes lost to alignment. */
const OVERHEAD_BYTES = 1 << 18;
/**
 * Share of the memory that weights leave free for the runtime: its objects, and the system's page tables. If memory is short,
 * the needs of a pass come first.
 */
const RUNTIME_SHARE = 1 / 64;
/**
 * Bytes of the runtime for a token of the vocabulary. They are left free beside the runtime's share, up to the same share of
 * the memory again.
 */
const TOKEN_RECORD_BYTES = 256;

/**
 * The largest share of the weights' room for what every token needs, with which it is taken to stay in memory. It is then cut
 * into larger segments than experts: each segment costs the host a step for each token.
 */
const MOST_COMMON_SHARE = 1 / 2;
/** How many experts must have room beside it. Experts come and go whole then, so a few experts would be too coarse. */
const LEAST_EXPERTS = 64;

/** Bytes of bookkeeping for a segment, and how many segments the runtime's share already covers. */
const SEGMENT_RECORD_BYTES = 4096;
const FREE_RECORDS = 1024;

/**
 * How many segments the memory is to hold at tensor grain. The segments that pass through then take a few hundredths of the
 * memory.
 */
const SEGMENTS = 128;
/** Bounds of a segment's size: smaller segments are slow to read, and a few larger segments take too much room. */
const LEAST_SEGMENT_BYTES = 1 << 18;
const MOST_SEGMENT_BYTES = 1 << 24;

/**
 * Cuts the weights into segments and divides the memory. If all weights fit, segments are whole layers, since nothing is
 * evicted then. Otherwise segments have the grain asked for. At the grain of single tensors, keys and values can grow.
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
  const divide = (segmentBytes = Infinity, commonStays = false): Division => {
    const segmentation = segmentsOf(gguf, architecture, config, { segmentBytes, slotBytes, commonStays });
    const plan = (kvPageBytes: number | undefined) => ({
      segmentation,
      budget: planBudget({ ...options, segmentation, kvPageBytes }),
      kvPageBytes,
    });
    if (!kvGrows || segmentBytes === Infinity) return plan(undefined);
    // A page takes the place of a segment that can leave.
    const { segments } = segmentation;
    const leaving = commonStays ? segments.filter(({ tokenShare }) => tokenShare < 1) : segments;
    const paged = plan(largestBytes(leaving));
    return paged.budget.fullKvCacheBytes <= backend.pagedBytes ? paged : plan(undefined);
  };
  if (grain === 'layer') return divide();
  const bytes = Math.floor(options.totalBytes / SEGMENTS);
  const segmentBytes = Math.min(MOST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, bytes));
  const fine = divide(segmentBytes);
  if (fine.budget.allWeightBytes <= fine.budget.weightBytes) return divide();
  return commonStays(fine) ? divide(segmentBytes, true) : fine;
}

/** Whether what every token needs stays in memory, with room for many experts. */
function commonStays({ segmentation: { stages, segments }, budget }: Division): boolean {
  const { allWeightBytes, weightBytes } = budget;
  const experts = stages.reduce((sum, stage) => sum + stage.experts.length, 0);
  const commonBytes = segments.reduce((sum, { tokenShare, bytes }) => sum + (tokenShare < 1 ? 0 : bytes), 0);
  const roomBytes = weightBytes - commonBytes;
  const expertBytes = (allWeightBytes - commonBytes) / experts;
  return (
    experts > 0 &&
    roomBytes >= weightBytes * (1 - MOST_COMMON_SHARE) &&
    roomBytes >= LEAST_EXPERTS * expertBytes
  );
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
    OVERHEAD_BYTES +
    expertResultBytes(config) +
    SEGMENT_RECORD_BYTES * Math.max(0, segmentation.segments.length - FREE_RECORDS);
  const kvBytesWith = (stateSlots: number, capacity: number, batchTokens: number, pageBytes?: number) =>
    sessions *
    backend.kvCacheBytes(
      kvCacheShape(config, { capacity, dtype: kvCacheDtype, batchTokens, pageBytes, stateSlots }),
    );
  const perToken = activationBytes(options);
  const otherBytes = perToken.token + perToken.logits + largest + overheadBytes;
  /** The fewest bytes that sequences need with `stateSlots` slots. */
  const withSlots = (stateSlots: number) => {
    // A cache without positions holds only recurrent states.
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
  /** Bytes of keys and values for batches of this size: a layer with a window keeps the window and the tokens of a batch. */
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
  const weightBytes = Math.max(Math.min(largest, roomBytes), roomBytes - runtimeBytes(totalBytes, config));
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

/** Bytes that weights leave free for the runtime. */
function runtimeBytes(totalBytes: number, { vocabularySize }: ModelConfig): number {
  const share = Math.ceil(totalBytes * RUNTIME_SHARE);
  return share + Math.min(share, vocabularySize * TOKEN_RECORD_BYTES);
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
  const { backend, architecture, config, segmentation, kvCacheDtype, sessions } = options;
  return rehearsePass(options, backend, kvCacheDtype, (rehearsal) => {
    const bytesOf = (encode: (e: Encoder) => void): number => {
      const encoder = backend.encoder();
      encode(encoder);
      return encoder.temporaryBytes;
    };
    const [output, ...layers] = segmentation.stages.toReversed();
    if (!output || layers.length === 0) throw new RangeError('A model without stages.');
    const perLayer = layers.toReversed().map(({ weights, before, experts, after }, layer) => {
      // All tokens may choose the same experts. Two experts, one after the other, need as much as any number of experts.
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
        mtpTokenBytes(config, sessions) +
        (architecture.experts ? expertTensorBytes(config) : 0),
      logits: bytesOf((e) => rehearsal.output(e, output.weights)) + config.vocabularySize * 4,
    };
  });
}

/** Bytes of a token's activation between layers, and of the further inputs of layers for the token. */
function rowBytes(config: ModelConfig): number {
  return config.width * 4 + batchInputBytes(config);
}

/** The largest power of two up to `most` for which `fits`, and at least 1. */
function largestPower(most: number, fits: (value: number) => boolean): number {
  let value = most;
  while (value > 1 && !fits(value)) value /= 2;
  return value;
}
