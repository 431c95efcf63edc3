// Files with chosen metadata, for tests of configurations.
import { encodeGguf, readGguf, type MetadataValue } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, type SynthShape } from '@rondo/synth';
import { readModel } from '../../src/engine/read-model.ts';
import { findSpec } from '../../src/weights/find-tensor.ts';

/** A file of this shape, with these keys of its architecture replaced. */
export async function fileOf(shape: SynthShape, keys: Readonly<Record<string, MetadataValue>> = {}) {
  const model = synthesize(shape, { dtype: 'F32' });
  const metadata = new Map(model.metadata);
  for (const [key, value] of Object.entries(keys)) metadata.set(`${shape.architecture}.${key}`, value);
  const source = memory(await encodeGguf({ ...model, metadata }));
  return { source, gguf: await readGguf(source) };
}

export type File = Awaited<ReturnType<typeof fileOf>>;

/** Reads what a file says of its model, and finds all of its tensors. */
export async function described({ source, gguf }: File): Promise<void> {
  const { architecture, config } = await readModel(gguf, source, {});
  for (let layer = 0; layer < config.layers.length; layer++) {
    const tensors = architecture.layerTensors(config, layer, gguf.tensors);
    for (const spec of Object.values(tensors)) findSpec(gguf, spec);
  }
  for (const spec of Object.values(architecture.outputTensors(config, gguf.tensors))) findSpec(gguf, spec);
}

export const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
