// What a model would do in a given memory, before it is loaded: from its header, and a short measurement of the disk or line
// and of the computation.
import { boundOf, type Bound } from './bound.ts';
import { kvCacheShape, type Budget } from './budget.ts';
import { openEngine, type Engine, type LoadOptions } from './engine.ts';
import { weightsOf } from './forward.ts';
import type { ModelSource } from './open-files.ts';
import { READS_IN_FLIGHT, staying } from './preload.ts';
import type { Segment } from './segments.ts';
import { createUndoList } from './undo-list.ts';

/** What is to be expected of a model in a given memory. */
export interface MemoryPlan {
  /** How the memory would be divided. */
  readonly budget: Budget;
  /** Whether some weights would have to be read again for each token. */
  readonly streams: boolean;
  /** Bytes of weights to be read for each token. */
  readonly bytesPerToken: number;
  /** What the source gave when measured, as it would be read. Undefined where nothing streams. */
  readonly readBytesPerSecond: number | undefined;
  /** Computing one token, by a measured layer: milliseconds. */
  readonly computeMs: number;
  /** Reading for one token: milliseconds. */
  readonly readMs: number;
  /** Milliseconds a token: the longer of the two, which go on at the same time. */
  readonly tokenMs: number;
  readonly bound: Bound;
}

/** How much is read to measure the source, and how many reads are left out because the first ones after a pause are slow. */
const MEASURED_BYTES = 256 << 20;
const WARM_UP_SEGMENTS = READS_IN_FLIGHT;
/** For how long a layer is computed again and again, and the share of the runs that count: the last ones. */
const MEASURED_MS = 300;
const COUNTED_SHARE = 0.5;

/**
 * Opens a model's header, divides the memory as `loadModel` would, measures for about a second, and closes everything again.
 *
 * @throws RondoError as `loadModel`
 */
export async function plan(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const undo = createUndoList();
  try {
    const engine = await openEngine(source, options, undo);
    const { residency } = engine;
    const { budget } = engine.memory;
    const { segments } = residency;
    const stay = new Set(staying(segments, residency.cache.stats.budgetBytes));
    const passing = [...segments.keys()].filter((index) => !stay.has(index));
    const bytesPerToken = tokenBytes(segments, passing);
    const readBytesPerSecond = await measureReading(engine, passing, options.signal);
    const computeMs = await measureComputing(engine, options);
    const readMs = readBytesPerSecond ? (bytesPerToken / readBytesPerSecond) * 1000 : 0;
    const tokenMs = Math.max(computeMs, readMs);
    const bound = boundOf(tokenMs, tokenMs - computeMs, readMs) ?? 'computation';
    return {
      budget,
      streams: residency.streams,
      bytesPerToken,
      readBytesPerSecond,
      computeMs,
      readMs,
      tokenMs,
      bound,
    };
  } finally {
    await undo.run();
  }
}

/** Bytes of these segments that a token needs: all, but of experts as many as it uses where a router prefers none. */
function tokenBytes(segments: readonly Segment[], indices: readonly number[]): number {
  return indices.reduce((sum, index) => {
    const { bytes = 0, tokenShare = 1 } = segments[index] ?? {};
    return sum + bytes * tokenShare;
  }, 0);
}

/** Bytes a second of segments that come some at a time, as the default prefetcher has them come. */
async function measureReading(
  { residency: { cache, sizeOf } }: Engine,
  passing: readonly number[],
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const queue = passing.values();
  let loaded = 0;
  let bytes = 0;
  let startMs = 0;
  let endMs = 0;
  await Promise.all(
    Array.from({ length: READS_IN_FLIGHT }, async () => {
      for (const index of queue) {
        const lease = await cache.acquire(index, { signal });
        lease.release();
        loaded += 1;
        endMs = performance.now();
        if (loaded === WARM_UP_SEGMENTS) startMs = endMs;
        else if (loaded > WARM_UP_SEGMENTS) bytes += sizeOf(index);
        if (bytes >= MEASURED_BYTES) return;
      }
    }),
  );
  cache.clear();
  return bytes > 0 && endMs > startMs ? (bytes / (endMs - startMs)) * 1000 : undefined;
}

/** Milliseconds of computing for a token: those of the first layer, and of the others and the head by their bytes. */
async function measureComputing(
  { architecture, config, backend, residency }: Engine,
  { kvCacheDtype = 'F32', signal }: LoadOptions,
): Promise<number> {
  const [block] = residency.blocks;
  if (!block) throw new RangeError('A model without blocks.');
  const leases = await Promise.all(block.segments.map((index) => residency.cache.acquire(index, { signal })));
  const x = backend.tensor([1, config.width]);
  const cache = backend.kvCache(kvCacheShape(config, 1, kvCacheDtype));
  try {
    await backend.write(x, new Float32Array(config.width).fill(1));
    const weights = weightsOf(
      block,
      leases.map(({ value }) => value),
    );
    const spans = [{ cache, position: 0, tokens: 1 }];
    const times: number[] = [];
    const beginMs = performance.now();
    while (performance.now() - beginMs < MEASURED_MS) {
      const startMs = performance.now();
      const encoder = backend.encoder();
      encoder.copy(architecture.encodeLayer(config, encoder, weights, x, { layer: 0, spans }), x);
      await backend.submit(encoder);
      times.push(performance.now() - startMs);
    }
    const counted = times.slice(Math.floor(times.length * COUNTED_SHARE)).toSorted((a, b) => a - b);
    const layerMs = counted[counted.length >> 1] ?? 0;
    const all = [...residency.segments.keys()];
    return layerMs * (tokenBytes(residency.segments, all) / tokenBytes(residency.segments, block.segments));
  } finally {
    x.free();
    cache.free();
    for (const lease of leases) lease.release();
  }
}
