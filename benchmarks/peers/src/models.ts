// The synthetic models for measurements, made when needed.
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGguf, writeGguf } from '@rondo/gguf';
import { synthesize, synthShapes, withLayers, type SynthShape, type SynthShapeName } from '@rondo/synth';
import { file } from '@rondo/source';
import type { DType } from '@rondo/tensor';

/** A model file. */
export interface BenchModel {
  readonly path: string;
  readonly dtype: DType;
  /** Bytes that a token reads: all weights but the embedding table. */
  readonly weightBytes: number;
}

/** A synthetic model. */
export interface ModelChoice {
  readonly dtype: DType;
  /** Default: TinyLlama's shape, 1.1 billion parameters. */
  readonly shape?: SynthShapeName;
  /** A smaller number of layers than the shape has. */
  readonly layers?: number;
}

/** A model of this choice in `folder`. */
export async function benchModel(folder: string, choice: ModelChoice): Promise<BenchModel> {
  const { dtype, shape: name = 'tinyllama-1.1b', layers } = choice;
  await mkdir(folder, { recursive: true });
  const cut = layers === undefined ? '' : `-${layers}-layers`;
  const path = join(folder, `${name}${cut}-${dtype.toLowerCase()}.gguf`);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const shape: SynthShape = synthShapes[name];
  const cutShape = layers === undefined ? shape : withLayers(shape, layers);
  if (!exists) await writeFile(path, writeGguf(synthesize(cutShape, { dtype })));
  await warm(path);
  const source = await file(path);
  const { tensors } = await readGguf(source);
  await source.close();
  const weightBytes = [...tensors.values()]
    .filter(({ name }) => name !== 'token_embd.weight')
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return { path, dtype, weightBytes };
}

/** Reads the file once, so that no engine is the first reader. */
async function warm(path: string): Promise<void> {
  const handle = await open(path);
  const buffer = new Uint8Array(1 << 24);
  while ((await handle.read(buffer)).bytesRead > 0);
  await handle.close();
}
