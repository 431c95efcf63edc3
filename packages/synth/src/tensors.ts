// The tensors of a synthetic model: the tensors that its architecture needs, and the distribution of their values.
import { wholeShape, type FileTensors, type ModelConfig, type TensorSpec } from '@rondo/architectures';
import type { MetadataValue } from '@rondo/gguf';
import { elements, type Shape } from '@rondo/tensor';
import { readSynthModel } from './synth-model.ts';
import { ropeDivisors } from './rope-divisors.ts';
import type { SynthShape } from './shape.ts';

/** A tensor to be made. */
export interface SynthTensor {
  readonly name: string;
  /** Sizes of the dimensions, outermost dimension first. */
  readonly shape: Shape;
  /** The values, or the mean and the standard deviation of random values. */
  readonly values: Float32Array | Distribution;
}

/** How random values are distributed. */
export interface Distribution {
  /** The mean. Default: 0. Only vectors may have another mean. */
  readonly mean?: number;
  readonly deviation: number;
}

/** Factor of the logits. With it, the logits differ by a few units as in a trained model: some tokens are clearly likelier. */
const OUTPUT_GAIN = 2;
/** Biases are small compared with the products that they are added to. */
const BIAS_DEVIATION = 0.2;
/** Sinks are as large as attention scores. */
const SINK_DEVIATION = 1;

/**
 * The tensors in the order of the file. The values of each product are as large as its input, so that every layer contributes
 * as much to the result as the embedding does.
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
 * The names, without `blk.N.`, of the optional tensors of a model of this shape: the names that its architecture looks up in
 * the file. The output matrix is not in the list, since `tied` in a shape decides about that matrix.
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
      // Only NVFP4 files have scales of matrices.
      if (!names) return !name.endsWith('.scale');
      return names.has(name) || names.has(name.replace(/^blk\.\d+\./, ''));
    },
  };
}

/** The tensor of a spec; the whole tensor, if several roles share the tensor. */
function synthTensor(spec: TensorSpec, shape: SynthShape, { logitScale }: ModelConfig): SynthTensor {
  const { name } = spec;
  const sizes = wholeShape(spec);
  if (name.endsWith('.bias')) return { name, shape: sizes, values: { deviation: BIAS_DEVIATION } };
  if (name.endsWith('attn_sinks.weight'))
    return { name, shape: sizes, values: { deviation: SINK_DEVIATION } };
  if (spec.shape.length > 1) {
    const gain = name === 'output.weight' ? OUTPUT_GAIN / logitScale : 1;
    return { name, shape: sizes, values: { deviation: gain / Math.sqrt(sizes.at(-1) ?? 1) } };
  }
  const size = elements(sizes);
  // Gemma 4 divides the norm of the router's input by the square root of the width. This weight is as large as that root, so
  // that the scores of experts differ. Decays of recurrent states are negative; all other vectors are the weights of norms.
  const mean = name.endsWith('ffn_gate_inp.scale') ? Math.sqrt(size) : name.endsWith('.ssm_a') ? -1 : 1;
  const { normDeviation } = shape;
  const values =
    normDeviation === undefined
      ? new Float32Array(size).fill(mean)
      : { mean, deviation: Math.abs(mean) * normDeviation };
  return { name, shape: sizes, values };
}

/**
 * Standard deviation of the embedding. If the output matrix is the embedding, logits get the right size; otherwise the input of
 * the first layer gets values of size 1.
 */
function embeddingDeviation(
  { tied, width }: SynthShape,
  { embeddingScale, logitScale }: ModelConfig,
): number {
  const gain = tied ? OUTPUT_GAIN / logitScale : Math.sqrt(width) / embeddingScale;
  return gain / Math.sqrt(width);
}
