// The same model with all its weights in memory: how long a pass computes when it waits for nothing. If the model does
// not fit the machine, a model with fewer layers replaces it, and its time is scaled by the weights that a token uses.
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import type { Bench } from './bench.ts';
import { openInProcess, type EngineProcess } from './engine-process.ts';
import { shapeOf, type BenchModel, type ModelChoice } from './models.ts';
import { usedBytes } from './physical-limit.ts';

/** A model in memory. */
export interface Computation extends AsyncDisposable {
  readonly process: EngineProcess;
  /** The number of its layers in memory; undefined if all are. */
  readonly layers: number | undefined;
  /** The time of the whole model, in which a token uses `wholeUsedBytes`, scaled from the part in memory. */
  scaled(ms: number, wholeUsedBytes: number): number;
}

/** Bytes for keys and values, activations, and rounding up. */
const BESIDE_WEIGHTS_BYTES = 1.5 * 2 ** 30;
/** Share of the available memory that the model may take if the whole does not fit. */
const PART_SHARE = 0.4;

/** Loads `model`, or as much of it as fits besides `othersBytes` of other processes. */
export async function openComputation(
  bench: Bench,
  choice: ModelChoice,
  model: BenchModel,
  { contextTokens, othersBytes }: { readonly contextTokens: number; readonly othersBytes: number },
): Promise<Computation> {
  const available = (await availableBytes()) - othersBytes;
  const fits = model.bytes + 2 * BESIDE_WEIGHTS_BYTES <= available;
  const layers = fits
    ? undefined
    : Math.max(1, Math.floor((shapeOf(choice).layers * available * PART_SHARE) / model.bytes));
  const part = layers === undefined ? model : await bench.model({ ...choice, layers });
  await using undo = new AsyncDisposableStack();
  const process = undo.use(
    await openInProcess('rondo', {
      path: part.path,
      threads: bench.threads,
      contextTokens,
      memoryBytes: part.bytes + BESIDE_WEIGHTS_BYTES,
    }),
  );
  const { weightBytes, weightRoomBytes } = process.loaded;
  if (weightRoomBytes < weightBytes) throw new Error(`${part.path} was to be in memory as a whole.`);
  const partUsedBytes = usedBytes({ ...part, weightBytes });
  const opened = undo.move();
  return {
    process,
    layers,
    scaled: (ms, wholeUsedBytes) => (layers === undefined ? ms : (ms * wholeUsedBytes) / partUsedBytes),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Bytes of memory that are available without taking memory from other processes. */
async function availableBytes(): Promise<number> {
  const info = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(info)?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}
