// The synthetic models for measurements, made when needed.
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { RondoError } from '@rondo/errors';
import { readGguf, writeGguf } from '@rondo/gguf';
import { synthesize, synthShapes, withLayers, type SynthShape, type SynthShapeName } from '@rondo/synth';
import { file } from '@rondo/source';
import { rowBytes, type DType } from '@rondo/tensor';

/** A choice of a model. */
export interface ModelChoice {
  readonly shape: SynthShapeName;
  readonly dtype: DType;
  /** A smaller number of layers than the shape has. */
  readonly layers?: number | undefined;
}

/** A model file. */
export interface BenchModel {
  readonly path: string;
  readonly bytes: number;
  readonly vocabularySize: number;
  /** Bytes of all experts, and the share of them that a token uses. */
  readonly expertBytes: number;
  readonly usedShare: number;
}

/** Bytes that stay free on the disk. */
const SPARE_DISK_BYTES = 2 ** 31;

/** The numbers of a choice. */
export function shapeOf({ shape, layers }: ModelChoice): SynthShape {
  const whole: SynthShape = synthShapes[shape];
  return layers === undefined ? whole : withLayers(whole, layers);
}

/** The path of a choice in `folder`, whether it was made or not. */
export function pathOf(folder: string, choice: ModelChoice): string {
  const { shape, dtype, layers } = choice;
  const cut = layers === undefined ? '' : `-${layers}-layers`;
  return join(folder, `${shape}${cut}-${dtype.toLowerCase()}.gguf`);
}

/** Bytes of a file of this choice, approximately. */
export function fileBytes(choice: ModelChoice): number {
  const { tensors } = synthesize(shapeOf(choice), { dtype: choice.dtype, vocabulary: [] });
  return tensors.reduce(
    (sum, { dtype, shape }) =>
      sum + rowBytes(dtype, shape.at(-1) ?? 1) * shape.slice(0, -1).reduce((rows, size) => rows * size, 1),
    0,
  );
}

/**
 * Makes a model, unless it exists.
 *
 * @throws RondoError `UNSUPPORTED` if the disk has no room for it
 */
export async function benchModel(folder: string, choice: ModelChoice): Promise<BenchModel> {
  await mkdir(folder, { recursive: true });
  const path = pathOf(folder, choice);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (!exists) {
    const { bavail, bsize } = await statfs(folder);
    const needed = fileBytes(choice) + SPARE_DISK_BYTES;
    const free = bavail * bsize;
    if (needed > free)
      throw new RondoError(
        'UNSUPPORTED',
        `${gigabytes(needed)} of disk are needed, ${gigabytes(free)} are free`,
        {
          details: { path, neededBytes: needed, freeBytes: free },
        },
      );
    await write(path, choice);
  }
  const source = await file(path, { direct: true });
  const { tensors } = await readGguf(source);
  await source.close();
  const experts = [...tensors.values()].filter(({ name }) => name.includes('_exps.'));
  const { experts: kind, vocabularySize } = shapeOf(choice);
  return {
    path,
    bytes: source.size,
    vocabularySize,
    expertBytes: experts.reduce((sum, { bytes }) => sum + bytes, 0),
    usedShare: kind ? kind.used / kind.count : 1,
  };
}

/** Writes to the disk, so that direct reads find everything there. Only complete files get their name. */
async function write(path: string, choice: ModelChoice): Promise<void> {
  console.error(`Making ${path} …`);
  const part = `${path}.part`;
  const handle = await open(part, 'w');
  try {
    await handle.writeFile(writeGguf(synthesize(shapeOf(choice), { dtype: choice.dtype })));
    await handle.sync();
  } catch (error) {
    await rm(part);
    throw error;
  } finally {
    await handle.close();
  }
  await rename(part, path);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
