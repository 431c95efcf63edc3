// The model that a shape describes, as its architecture reads it.
import {
  architectureOf,
  layerSpecs,
  type FileTensors,
  type ModelConfig,
  type Tensors,
  type TensorSpec,
} from '@rondo/architectures';
import { findInteger, type Gguf, type MetadataValue } from '@rondo/gguf';

/** The data from which the tensors of a model are derived. */
export interface SynthModel {
  readonly config: ModelConfig;
  readonly positionTable: string | undefined;
  /** The tensors of a layer, its experts included. */
  layerTensors(layer: number, file: FileTensors): TensorSpec[];
  outputTensors(file: FileTensors): Tensors;
}

/**
 * Reads the metadata of a shape with the shape's architecture.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`, `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readSynthModel(metadata: ReadonlyMap<string, MetadataValue>): SynthModel {
  const gguf = headerOf(metadata);
  const architecture = architectureOf(gguf);
  const predicts = (findInteger(gguf, `${architecture.name}.nextn_predict_layers`) ?? 0) > 0;
  const config = architecture.readConfig(gguf, { mtp: predicts && architecture.mayPredict });
  return {
    config,
    positionTable: architecture.positionTable,
    layerTensors: (layer, file) => layerSpecs(architecture, config, layer, file).map(([, spec]) => spec),
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
