// Predicts how fast a model runs in a given memory, before it is loaded: from its header, and from a short measurement of the
// source and of the computation. The measured pass is the same as in a generation, but its weights are made up, not read.
import type { ByteSource } from '@rondo/source';
import type { Backend, ByteRange } from '@rondo/tensor';
import { boundOf, type Bound } from './bottleneck.ts';
import type { Budget } from '../memory/budget.ts';
import { openEngine, type Engine } from './open-engine.ts';
import type { LoadOptions } from './load-options.ts';
import type { ModelSource } from './open-files.ts';
import { preload, READS_IN_FLIGHT } from '../weights/preload.ts';
import { loaderFrom, type LoadedSegment, type SegmentLoader } from '../weights/residency.ts';
import { segmentsOfStage, type Stage } from '../weights/segments.ts';
import { simulatedTokenBytes } from './simulated-rounds.ts';
import { createUndoList } from '../common/undo-list.ts';

/** The expected behaviour of a model in a given memory. */
export interface MemoryPlan {
  /** How the memory would be divided. */
  readonly budget: Budget;
  /** Whether some weights would have to be read again for each token. */
  readonly streams: boolean;
  /** Bytes of weights to be read for each token. */
  readonly bytesPerToken: number;
  /** Measured speed of the source, read as a running model reads it. Undefined if nothing streams. */
  readonly readBytesPerSecond: number | undefined;
  /** Milliseconds to compute one token, by the measured layers. */
  readonly computeMs: number;
  /** Milliseconds to read the weights for one token. */
  readonly readMs: number;
  /** Milliseconds per token: the longer of `computeMs` and `readMs`, since computing and reading run at the same time. */
  readonly tokenMs: number;
  readonly bound: Bound;
}

/** Limits of the measurement of the source: bytes in total, bytes of a piece, and about how many milliseconds. */
const MEASURED_BYTES = 256 << 20;
const MOST_PIECE_BYTES = 16 << 20;
const READING_MS = 700;
/** The first reads, which do not count because reads after a pause are slow. */
const WARM_UP_READS = READS_IN_FLIGHT;
/**
 * For how many milliseconds stages are computed, one after the other; and the share of these runs that counts, the last ones.
 */
const COMPUTING_MS = 300;
const COUNTED_SHARE = 0.5;
/** A byte that, repeated, is a small number in every format. */
const MADE_UP_BYTE = 1;

/**
 * Opens a model's header, divides the memory as `loadModel` would, measures for about a second, and closes everything again.
 * Reads at most 256 MiB of the weights, and begins no read after 0.7 seconds.
 *
 * @throws RondoError as `loadModel`
 */
export function plan(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  return planByClock(source, options, () => performance.now());
}

/** `plan` with another clock, in milliseconds. */
export async function planByClock(
  source: ModelSource,
  options: LoadOptions,
  nowMs: () => number,
): Promise<MemoryPlan> {
  const undo = createUndoList();
  /** Whether segments have weights. To see which segments are read again, their sizes are enough. */
  let hasWeights = false;
  const makeLoader = (reads: ByteSource, backend: Backend): SegmentLoader => {
    const load = loaderFrom(madeUp(reads), backend);
    return (segment, signal) => (hasWeights ? load(segment, signal) : Promise.resolve(WEIGHTLESS));
  };
  try {
    const engine = await openEngine(source, options, undo, makeLoader);
    const { residency } = engine;
    const { budget } = engine.memory;
    await preload(residency, { signal: options.signal });
    const { streams } = residency;
    const bytesPerToken = streams ? await simulatedTokenBytes(residency, engine.config, options.signal) : 0;
    residency.cache.clear();
    hasWeights = true;
    const readBytesPerSecond = streams ? await measureReading(engine, options.signal, nowMs) : undefined;
    const computeMs = await measureComputing(engine, options.signal, nowMs);
    const readMs = readBytesPerSecond ? (bytesPerToken / readBytesPerSecond) * 1000 : 0;
    const tokenMs = Math.max(computeMs, readMs);
    const bound = boundOf(tokenMs, tokenMs - computeMs, readMs) ?? 'computation';
    return { budget, streams, bytesPerToken, readBytesPerSecond, computeMs, readMs, tokenMs, bound };
  } finally {
    await undo.run();
  }
}

const WEIGHTLESS: LoadedSegment = {
  slot: { free() {} },
  weight: ({ segment }) => {
    throw new RangeError(`Segment ${segment} is only counted, not computed with.`);
  },
};

/** A source of the same size that fills each read with the same byte, without waiting. */
function madeUp(source: ByteSource): ByteSource {
  return {
    ...source,
    async readInto(target) {
      target.fill(MADE_UP_BYTE);
    },
    async close() {},
  };
}

/** Bytes per second of the source, with as many reads at the same time as the default prefetcher has. */
async function measureReading(
  { residency: { segments, cache }, backend, reads }: Engine,
  signal: AbortSignal | undefined,
  nowMs: () => number,
): Promise<number | undefined> {
  const roomBytes = Math.floor(cache.stats.budgetBytes / READS_IN_FLIGHT) - 2 * reads.alignment;
  const mostBytes = Math.max(reads.alignment, Math.min(MOST_PIECE_BYTES, roomBytes));
  const queue = piecesOf(
    segments.flatMap(({ ranges }) => ranges),
    mostBytes,
  );
  const beginMs = nowMs();
  const done: { readonly atMs: number; readonly bytes: number }[] = [];
  let begunBytes = 0;
  const isOver = () => begunBytes >= MEASURED_BYTES || (done.length > 0 && nowMs() - beginMs >= READING_MS);
  const readers = Array.from({ length: READS_IN_FLIGHT }, async () => {
    for (const range of queue) {
      begunBytes += range.bytes;
      const slot = backend.slot([range], reads.alignment);
      try {
        await slot.fill(reads, { signal });
      } finally {
        slot.free();
      }
      done.push({ atMs: nowMs(), bytes: range.bytes });
      if (isOver()) return;
    }
  });
  await Promise.allSettled(readers);
  await Promise.all(readers);
  const isWarm = done.length > 2 * WARM_UP_READS;
  const counted = isWarm ? done.slice(WARM_UP_READS) : done;
  const sinceMs = isWarm ? (done[WARM_UP_READS - 1]?.atMs ?? beginMs) : beginMs;
  const bytes = counted.reduce((sum, one) => sum + one.bytes, 0);
  const ms = (done.at(-1)?.atMs ?? beginMs) - sinceMs;
  return bytes > 0 && ms > 0 ? (bytes / ms) * 1000 : undefined;
}

/** Ranges of the file; a range longer than `mostBytes` is cut into pieces. */
function* piecesOf(ranges: readonly ByteRange[], mostBytes: number): Generator<ByteRange> {
  for (const { offset, bytes } of ranges)
    for (let done = 0; done < bytes; done += mostBytes)
      yield { offset: offset + done, bytes: Math.min(mostBytes, bytes - done) };
}

/** Milliseconds to compute a token, measured by passes over single stages, without the time that they waited for weights. */
async function measureComputing(
  { residency, passes, memory }: Engine,
  signal: AbortSignal | undefined,
  nowMs: () => number,
): Promise<number> {
  const { cache } = residency;
  // A pass skips the MTP block.
  const computed = [...residency.stages.entries()].filter(([, { predicts }]) => !predicts);
  const stages = computed.map(([, stage]) => stage);
  const [state] = memory.states;
  if (!state) throw new RangeError('A model without a session.');
  const one = { ids: [0], cache: state.cache, position: 0, logitsFrom: 0, best: undefined, onLogits() {} };
  /** Milliseconds per byte of weights, for each run. */
  const costs: number[] = [];
  const beginMs = nowMs();
  for (let run = 0; run === 0 || nowMs() - beginMs < COMPUTING_MS; run++) {
    const [onlyStage, stage] = computed[run % computed.length] ?? [];
    const bytes = tokenBytes(residency, stage ? [stage] : []);
    const stalledMs = cache.stats.stallMs;
    const startMs = nowMs();
    await passes.run({ sequences: [one], onlyStage, signal });
    costs.push(Math.max(0, nowMs() - startMs - (cache.stats.stallMs - stalledMs)) / bytes);
    cache.clear();
  }
  const counted = costs.slice(Math.floor(costs.length * COUNTED_SHARE)).toSorted((a, b) => a - b);
  return (counted[counted.length >> 1] ?? 0) * tokenBytes(residency, stages);
}

/**
 * Bytes of the weights of these stages that a token needs, on average. An expert counts by the share of tokens that use it, as
 * if the router preferred none.
 */
function tokenBytes({ segments }: Engine['residency'], stages: readonly Stage[]): number {
  return stages.flatMap(segmentsOfStage).reduce((sum, index) => {
    const { bytes = 0, tokenShare = 1 } = segments[index] ?? {};
    return sum + bytes * tokenShare;
  }, 0);
}
