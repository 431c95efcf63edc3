// The tensors of a synthetic model: those that its architecture asks for, and how large their values are.
import { wholeShape, type FileTensors, type ModelConfig, type TensorSpec } from '@rondo/architectures';
import type { MetadataValue } from '@rondo/gguf';
import type { Shape } from '@rondo/tensor';
import { readSynthModel } from './synth-model.ts';
import { ropeDivisors } from './rope-divisors.ts';
import type { SynthShape } from './shape.ts';

/** A tensor to be made. */
export interface SynthTensor {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  /** The values, or the mean and the standard deviation of random ones. */
  readonly values: Float32Array | Distribution;
}

/** How random values are distributed. */
export interface Distribution {
  /** Default: 0. Others are for vectors alone. */
  readonly mean?: number;
  readonly deviation: number;
}

/** A little sharper than chance: a trained model's logits spread over a few units. */
const OUTPUT_GAIN = 2;
/** Biases are small beside the products that they are added to. */
const BIAS_DEVIATION = 0.2;

/**
 * The tensors in the order of the file. Each product keeps its input's size, so that every layer weighs as much in the
 * result as the embedding does.
 */
export function synthTensors(shape: SynthShape, metadata: ReadonlyMap<string, MetadataValue>): SynthTensor[] {
  const model = readSynthModel(metadata);
  const file = tensorsOf(shape);
  const embedding = {
    name: 'token_embd.weight',
    shape: [shape.vocabularySize, shape.width],
    values: { deviation: embeddingDeviation(shape, model.config) },
  };
  const made = new Map<string, SynthTensor>([[embedding.name, embedding]]);
  const add = (specs: readonly TensorSpec[]) => {
    for (const spec of specs)
      if (!made.has(spec.name)) made.set(spec.name, synthTensor(spec, shape, model.config));
  };
  if (model.positionTable !== undefined) {
    const [name, length] = [model.positionTable, shape.contextLength];
    made.set(name, { ...embedding, name, shape: [length, shape.width] });
  }
  const { layerRows } = model.config;
  if (layerRows) {
    const { table: name, width, scale } = layerRows;
    const values = { deviation: 1 / scale };
    made.set(name, { name, shape: [shape.vocabularySize, shape.layers * width], values });
  }
  for (const [name, values] of Object.entries(ropeDivisors(shape)))
    made.set(name, { name, shape: [values.length], values });
  for (let layer = 0; layer < shape.layers; layer++) add(model.layerTensors(layer, file));
  add(Object.values(model.outputTensors(file)));
  return [...made.values()];
}

/**
 * The names of the tensors that a model of this shape may have or not, without `blk.N.`: what its architecture asks the file
 * for. That of the output matrix is not among them; a shape says by `tied` whether there is one.
 */
export function optionalTensors(metadata: ReadonlyMap<string, MetadataValue>): string[] {
  const model = readSynthModel(metadata);
  const asked = new Set<string>();
  for (const answer of [true, false]) {
    const file: FileTensors = {
      has(name) {
        asked.add(name.replace(/^blk\.\d+\./, ''));
        return answer;
      },
    };
    for (let layer = 0; layer < model.config.layers.length; layer++) model.layerTensors(layer, file);
    model.outputTensors(file);
  }
  asked.delete('output.weight');
  return [...asked];
}

function tensorsOf({ tied, optional = [] }: SynthShape): FileTensors {
  const names = optional === 'all' ? undefined : new Set(optional);
  return {
    has(name) {
      if (name === 'output.weight') return !tied;
      // Scales of matrices come with files of NVFP4 alone.
      if (!names) return !name.endsWith('.scale');
      return names.has(name) || names.has(name.replace(/^blk\.\d+\./, ''));
    },
  };
}

/** The tensor of which the spec is one role: the whole of it, where several roles share it. */
function synthTensor(spec: TensorSpec, shape: SynthShape, { logitScale }: ModelConfig): SynthTensor {
  const { name } = spec;
  const sizes = wholeShape(spec);
  if (name.endsWith('.bias')) return { name, shape: sizes, values: { deviation: BIAS_DEVIATION } };
  const [size = 1] = sizes;
  if (sizes.length > 1) {
    const gain = name === 'output.weight' ? OUTPUT_GAIN / logitScale : 1;
    return { name, shape: sizes, values: { deviation: gain / Math.sqrt(sizes.at(-1) ?? 1) } };
  }
  // A router whose norm is divided by the root of the width chooses no more sharply than chance without a large weight.
  // Decays of recurrent states are negative; all other vectors are the weights of norms.
  const mean = name.endsWith('ffn_gate_inp.scale') ? Math.sqrt(size) : name.endsWith('.ssm_a') ? -1 : 1;
  const { normDeviation } = shape;
  const values =
    normDeviation === undefined
      ? new Float32Array(size).fill(mean)
      : { mean, deviation: Math.abs(mean) * normDeviation };
  return { name, shape: sizes, values };
}

/** Of an embedding whose values have the size 1 where they enter the first layer, or which makes the logits, too. */
function embeddingDeviation(
  { tied, width }: SynthShape,
  { embeddingScale, logitScale }: ModelConfig,
): number {
  const gain = tied ? OUTPUT_GAIN / logitScale : Math.sqrt(width) / embeddingScale;
  return gain / Math.sqrt(width);
}
