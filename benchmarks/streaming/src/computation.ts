// The same model with all its weights in memory: how long a pass computes when it waits for nothing. Where the model does
// not fit the machine, one of fewer layers stands for it, and its time is scaled by the weights that a token uses.
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import type { Bench } from './bench.ts';
import { openInProcess, type EngineProcess } from './engine-process.ts';
import { shapeOf, type BenchModel, type ModelChoice } from './models.ts';
import { usedBytes } from './physical-limit.ts';

/** A model in memory. */
export interface Computation extends AsyncDisposable {
  readonly process: EngineProcess;
  /** Layers of it that are there, where not all are. */
  readonly layers: number | undefined;
  /** The time of the whole model, where one of its tokens uses `wholeUsedBytes`, by that of what is there. */
  scaled(ms: number, wholeUsedBytes: number): number;
}

/** Keys and values, activations, and what is rounded up. */
const BESIDE_WEIGHTS_BYTES = 1.5 * 2 ** 30;
/** Share of what is available that the model may take where the whole does not fit. */
const PART_SHARE = 0.4;

/** Loads `model`, or as much as fits beside `othersBytes` of other processes. */
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

/** Memory that can be had now without taking it from anybody. */
async function availableBytes(): Promise<number> {
  const info = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(info)?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}
