// The model that a shape describes, as its architecture reads it.
import { architectureOf, type FileTensors, type ModelConfig, type Tensors } from '@rondo/architectures';
import type { Gguf, MetadataValue } from '@rondo/gguf';

/** What the tensors of a model are read off. */
export interface SynthModel {
  readonly config: ModelConfig;
  readonly positionTable: string | undefined;
  /** Experts included. */
  layerTensors(layer: number, file: FileTensors): Tensors;
  outputTensors(file: FileTensors): Tensors;
}

/**
 * Reads the metadata of a shape by its architecture.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`, `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readSynthModel(metadata: ReadonlyMap<string, MetadataValue>): SynthModel {
  const gguf = headerOf(metadata);
  const architecture = architectureOf(gguf);
  const config = architecture.readConfig(gguf);
  return {
    config,
    positionTable: architecture.positionTable,
    layerTensors: (layer, file) => ({
      ...named('', architecture.layerTensors(config, layer, file)),
      ...named('expert ', architecture.experts?.tensors(config, layer, file) ?? {}),
    }),
    outputTensors: (file) => architecture.outputTensors(config, file),
  };
}

const headerOf = (metadata: ReadonlyMap<string, MetadataValue>): Gguf => ({
  version: 3,
  metadata,
  tensors: new Map(),
  alignment: 32,
  dataOffset: 0,
  sizeBytes: 0,
});

/** Roles that cannot be taken for those of others. */
function named(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([role, spec]) => [`${prefix}${role}`, spec]));
}
