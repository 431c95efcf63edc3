// The small tensors whose values the host computes with, such as scales of the results of a layer, a matrix or an expert.
import {
  layerSpecs,
  type Architecture,
  type LayerSpec,
  type ModelConfig,
  type TensorSpec,
} from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { readValues } from './read-values.ts';

/** Number of layers whose values are read at the same time. Each layer costs a request if the file is remote. */
const CONCURRENCY = 8;

/**
 * The configuration with the values of the tensors that are `onHost`, of layers and of the output head.
 *
 * @throws RondoError `BAD_CONFIG` for a value that is not finite; as `readValues`
 */
export async function withHostValues(
  config: ModelConfig,
  architecture: Architecture,
  gguf: Gguf,
  source: ByteSource,
  options: ReadOptions,
): Promise<ModelConfig> {
  const layers: LayerSpec[] = [...config.layers];
  const queue = layers.entries();

  async function read(): Promise<void> {
    for (const [index, layer] of queue) {
      const values: Record<string, Float32Array> = {};
      for (const [role, spec] of layerSpecs(architecture, config, index, gguf.tensors))
        if (spec.onHost) values[role] = await readFinite(gguf, spec, source, options);
      if (Object.keys(values).length > 0) layers[index] = { ...layer, values };
    }
  }

  await Promise.all(Array.from({ length: CONCURRENCY }, read));
  const outputValues: Record<string, Float32Array> = {};
  for (const [role, spec] of Object.entries(architecture.outputTensors(config, gguf.tensors)))
    if (spec.onHost) outputValues[role] = await readFinite(gguf, spec, source, options);
  return { ...config, layers, ...(Object.keys(outputValues).length > 0 && { outputValues }) };
}

async function readFinite(
  gguf: Gguf,
  spec: TensorSpec,
  source: ByteSource,
  options: ReadOptions,
): Promise<Float32Array> {
  const values = await readValues(gguf, spec, source, options);
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad === undefined) return values;
  throw new RondoError('BAD_CONFIG', `The tensor ${spec.name} has the value ${bad}; all must be finite.`, {
    details: { tensor: spec.name, found: bad },
  });
}
