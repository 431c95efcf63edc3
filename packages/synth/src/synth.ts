// Puts a synthetic model together: the metadata of a shape, and random weights that are made while they are written.
import { layoutOf, rowBytes, type DType } from '@rondo/tensor';
import { fileTypeOf, tensorType } from '@rondo/quantize';
import type { GgufToWrite, MetadataValue, TensorToWrite } from '@rondo/gguf';
import { randomBlocks, type RandomBlocks } from './random-blocks.ts';
import type { SynthShape } from './shapes.ts';
import { synthTensors, type SynthTensor } from './tensors.ts';
import { synthVocabulary } from './vocabulary.ts';

/** How to make a model. */
export interface SynthOptions {
  /** Type of most weights; vectors stay F32, and the output matrix has at least 6 bits. */
  readonly dtype: DType;
  /** `general.name`. */
  readonly name?: string | undefined;
  /** Metadata of a vocabulary, `tokenizer.*` and all, of as many tokens as the shape says. Default: a made-up one. */
  readonly vocabulary?: Iterable<readonly [key: string, value: MetadataValue]> | undefined;
  /** The same seed, the same file. Default 1. */
  readonly seed?: number | undefined;
}

/** Bytes of weights that are made at once, about. */
const PIECE_BYTES = 1 << 22;

/**
 * A model of this shape with random weights, for `writeGguf`: valid for llama.cpp too, with activations and logits of a
 * trained model's size. Weights are made while they are written, in a few megabytes of memory; a data type that cannot be
 * made ends that with `UNSUPPORTED`.
 */
export function synthesize(shape: SynthShape, options: SynthOptions): GgufToWrite {
  const { dtype, name = 'synthetic', seed = 1 } = options;
  const random = randomBlocks(seed);
  return {
    metadata: [
      ...modelMetadata(shape, name, dtype),
      ...(options.vocabulary ?? synthVocabulary(shape.vocabularySize)),
    ],
    tensors: synthTensors(shape).map((tensor) =>
      toWrite(tensor, tensorType(tensor.name, tensor.shape, dtype, shape.tied), random),
    ),
  };
}

function modelMetadata(shape: SynthShape, name: string, dtype: DType): [string, MetadataValue][] {
  const { architecture, experts } = shape;
  const fileType = fileTypeOf(dtype);
  const count = (key: string, value: number): [string, MetadataValue] => [
    `${architecture}.${key}`,
    { type: 'u32', value },
  ];
  const number = (key: string, value: number): [string, MetadataValue] => [
    `${architecture}.${key}`,
    { type: 'f32', value },
  ];
  return [
    ['general.architecture', { type: 'string', value: architecture }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: name }],
    ['general.quantization_version', { type: 'u32', value: 2 }],
    ...(fileType === undefined
      ? []
      : [['general.file_type', { type: 'u32', value: fileType }] satisfies [string, MetadataValue]]),
    count('block_count', shape.layers),
    count('context_length', shape.contextLength),
    count('embedding_length', shape.width),
    count('feed_forward_length', shape.feedForwardWidth),
    count('attention.head_count', shape.heads),
    count('attention.head_count_kv', shape.kvHeads),
    count('attention.key_length', shape.headSize),
    count('attention.value_length', shape.headSize),
    number('attention.layer_norm_rms_epsilon', shape.epsilon),
    count('rope.dimension_count', shape.headSize),
    number('rope.freq_base', shape.ropeBase),
    count('vocab_size', shape.vocabularySize),
    ...(experts
      ? [
          count('expert_count', experts.count),
          count('expert_used_count', experts.used),
          count('expert_feed_forward_length', experts.feedForwardWidth),
        ]
      : []),
  ];
}

function toWrite({ name, shape, values }: SynthTensor, dtype: DType, random: RandomBlocks): TensorToWrite {
  if (values instanceof Float32Array)
    return { name, shape, dtype: 'F32', data: new Uint8Array(values.buffer) };
  const width = shape.at(-1) ?? 1;
  const rows = shape.reduce((product, size) => product * size, 1) / width;
  const bytes = rowBytes(dtype, width) * rows;
  return {
    name,
    shape,
    dtype,
    async *data() {
      const fill = random.filler(dtype, values.deviation);
      // Whole blocks, and whole words for the generator.
      const unit = layoutOf(dtype).blockBytes * 4;
      const piece = new Uint8Array(Math.ceil(Math.min(PIECE_BYTES, bytes) / unit) * unit);
      for (let written = 0; written < bytes; written += piece.length) {
        fill(piece);
        yield piece.subarray(0, bytes - written);
      }
    },
  };
}
