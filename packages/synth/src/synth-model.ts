// The model that a shape describes, as its architecture reads it.
import {
  architectureOf,
  architectures,
  type Architecture,
  type FileTensors,
  type ModelConfig,
  type Tensors,
} from '@rondo/architectures';
import type { Gguf, MetadataValue } from '@rondo/gguf';
import type { SynthShape } from './shape.ts';

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
export function readSynthModel(
  { architecture: name }: SynthShape,
  metadata: ReadonlyMap<string, MetadataValue>,
): SynthModel {
  if (name === 'qwen3moe') return qwen3moe(metadata);
  const gguf = headerOf(metadata);
  const architecture = architectureOf(gguf);
  const config = architecture.readConfig(gguf);
  return {
    config,
    positionTable: architecture.positionTable,
    layerTensors: (layer, file) => ({
      ...named('', architecture.layerTensors(config, layer, file)),
      ...named('expert ', architecture.experts?.tensors(config, layer) ?? {}),
    }),
    outputTensors: (file) => architecture.outputTensors(config, file),
  };
}

/** Roles of a layer without experts that a layer with experts does not have. */
const feedForwardRoles = ['gate', 'up', 'down'];

/** Qwen3's attention and Mixtral's experts: an architecture that the registry does not have. */
function qwen3moe(metadata: ReadonlyMap<string, MetadataValue>): SynthModel {
  const renamed = (name: string) =>
    headerOf(new Map([...metadata].map(([key, value]) => [key.replace(/^qwen3moe\./, `${name}.`), value])));
  const [attention, experts] = [known('qwen3', false), known('llama', true)];
  const config = experts.readConfig(renamed('llama'));
  return {
    config,
    positionTable: undefined,
    layerTensors(layer, file) {
      const dense = Object.entries(attention.layerTensors(config, layer, file));
      const { router } = experts.layerTensors(config, layer, file);
      return {
        ...Object.fromEntries(dense.filter(([role]) => !feedForwardRoles.includes(role))),
        ...(router && { router }),
        ...named('expert ', experts.experts?.tensors(config, layer) ?? {}),
      };
    },
    outputTensors: (file) => attention.outputTensors(config, file),
  };
}

function known(name: string, hasExperts: boolean): Architecture {
  const found = architectures.find((one) => one.name === name && (one.experts !== undefined) === hasExperts);
  if (!found) throw new TypeError(`There is no architecture ${name}.`);
  return found;
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
