// The same runs on this machine: direct reads from a file into slots of the CPU backend, and matrix products with the
// layers read. It also measures the machine's speed, as input for the simulator.
import { cpu } from '@rondo/backend-cpu';
import { median } from '@rondo/bench-shared';
import { createCache } from '@rondo/cache';
import { loopOrder } from '@rondo/prefetch';
import { file } from '@rondo/source';
import type { Slot, Weight } from '@rondo/tensor';
import { randomNumbers, randomValues } from '@rondo/tensor/conformance';
import { LAYER_DTYPE, LAYER_WIDTH, type LayerFile } from './layer-file.ts';
import { runTrace } from './run-trace.ts';
import type { RunResult, Simulation, VirtualMachine } from './simulate.ts';

/** A backend, a file, and the code that computes with its layers. */
export interface RealEngine {
  /** The backend's description of itself. */
  readonly description: string;
  /** How often each access computes with its layer. */
  readonly repeats: number;
  /** The machine's present speed, as the simulator takes it. */
  calibrate(): Promise<VirtualMachine>;
  /** Runs a trace from an empty cache; without events. */
  run(simulation: Omit<Simulation, 'machine' | 'onEvent'>): Promise<RunResult>;
  /** One pass over all layers, each read anew: the first value of each layer's result. */
  firstValues(): Promise<number[]>;
  dispose(): Promise<void>;
}

/** The number of layers that a measurement reads one by one, and then at once. */
const PROBES = 4;
/**
 * Reads before the measurement that are not counted: the first reads after a pause take up to three times as long as in a
 * run.
 */
const UNCOUNTED = 2;
const PROBE_STRIDE = 5;
/** Passes that are not counted, in which the engine compiles the kernels for speed. */
const WARM_UP = 20;

interface Layer {
  readonly slot: Slot;
  readonly weight: Weight;
}

/**
 * How long computing takes: `'once'` is one product with each layer, as for one token; `'as loading'` is as many products
 * as take about as long as reading the layer, as for a prompt or for several sessions.
 */
export type Work = 'once' | 'as loading';

/** Opens `layerFile` and fits the work to the time of reading. */
export async function createRealEngine(layerFile: LayerFile, work: Work): Promise<RealEngine> {
  const { layers, rows, layerBytes } = layerFile;
  // The chance contents of the page cache must not decide.
  const source = await file(layerFile.path, { direct: true });
  const backend = await cpu();
  const x = backend.tensor([1, LAYER_WIDTH]);
  await backend.write(x, randomValues(LAYER_WIDTH, randomNumbers(2)));
  const y = backend.tensor([1, rows]);
  const range = (key: number) => ({ offset: key * layerBytes, bytes: layerBytes });
  const slotBytes = backend.slotBytes([range(0)], source.alignment);

  async function load(key: number, signal?: AbortSignal): Promise<Layer> {
    const slot = backend.slot([range(key)], source.alignment);
    try {
      await slot.fill(source, { signal });
      return { slot, weight: slot.weight(LAYER_DTYPE, [rows, LAYER_WIDTH], range(key).offset) };
    } catch (error) {
      slot.free();
      throw error;
    }
  }

  function compute({ weight }: Layer, times: number): Promise<void> {
    const encoder = backend.encoder();
    for (let time = 0; time < times; time += 1) encoder.copy(encoder.matmul(weight, x), y);
    return backend.submit(encoder);
  }

  // Memory for every run, so that no run is the first to touch a page or to run a kernel.
  const all = await Promise.all(Array.from({ length: layers }, (_, key) => load(key)));
  for (const layer of all) await compute(layer, WARM_UP);
  for (const { slot } of all) slot.free();

  let probe = 0;
  const speed = await measure(1);
  const repeats = work === 'once' ? 1 : Math.max(1, Math.round(speed.loadMs / speed.computeMs));

  /** Reads and computes as runs do: other layers each time, into newly allocated slots. */
  async function measure(repeats: number) {
    const nextProbe = (): number => (probe = (probe + PROBE_STRIDE) % layers);
    const loadMs: number[] = [];
    const computeMs: number[] = [];
    const free: (() => void)[] = [];
    for (let count = 0; count < UNCOUNTED + PROBES; count += 1) {
      let layer: Layer | undefined;
      loadMs.push(
        await msOf(async () => {
          layer = await load(nextProbe());
        }),
      );
      const loaded = layer;
      if (loaded === undefined) continue;
      free.push(() => loaded.slot.free());
      computeMs.push(await msOf(() => compute(loaded, repeats)));
    }
    const togetherMs = await msOf(async () => {
      const loaded = await Promise.all(Array.from({ length: PROBES }, () => load(nextProbe())));
      free.push(
        ...loaded.map(
          ({ slot }) =>
            () =>
              slot.free(),
        ),
      );
    });
    for (const each of free) each();
    return { loadMs: median(loadMs.slice(UNCOUNTED)), togetherMs, computeMs: median(computeMs) };
  }

  return {
    description: backend.description,
    repeats,
    async calibrate() {
      const { loadMs, togetherMs, computeMs } = await measure(repeats);
      return {
        disk: {
          streamBytesPerSecond: (layerBytes / loadMs) * 1000,
          // Several reads together are never slower than one after another.
          bytesPerSecond: ((PROBES * layerBytes) / Math.min(togetherMs, PROBES * loadMs)) * 1000,
        },
        entryBytes: layerBytes,
        computeMs,
      };
    },
    async run({ trace, keys, slots, policy, prefetch }) {
      const cache = createCache<number, Layer>({
        budgetBytes: slots * slotBytes,
        policy,
        sizeOf: () => slotBytes,
        load,
        unload: ({ slot }) => slot.free(),
      });
      const next = loopOrder(Array.from({ length: keys }, (_, key) => key));
      const sizeOf = (key: number): number | undefined => (key >= 0 && key < keys ? slotBytes : undefined);
      const prefetcher = prefetch({ cache, next, sizeOf });
      const startMs = performance.now();
      await runTrace({
        trace,
        cache,
        prefetcher,
        streams: slots < keys,
        compute: (layer) => compute(layer, repeats),
      });
      const result = { timeMs: performance.now() - startMs, cache: cache.stats, prefetch: prefetcher.stats };
      await cache.dispose();
      return result;
    },
    async firstValues() {
      const values: number[] = [];
      for (let key = 0; key < layers; key += 1) {
        const layer = await load(key);
        await compute(layer, 1);
        values.push((await backend.read(y))[0] ?? Number.NaN);
        layer.slot.free();
      }
      return values;
    },
    async dispose() {
      x.free();
      y.free();
      await backend.dispose();
      await source.close();
    },
  };
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
