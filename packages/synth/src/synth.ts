// Makes a synthetic model: the metadata of a shape, and random weights that are made while they are written.
import { layoutOf, rowBytes, type DType } from '@rondo/tensor';
import { tensorType } from '@rondo/quantize';
import type { GgufToWrite, MetadataValue, TensorToWrite } from '@rondo/gguf';
import { randomBlocks, type RandomBlocks } from './random-blocks.ts';
import { modelMetadata } from './model-metadata.ts';
import type { SynthShape } from './shape.ts';
import { optionalTensors, synthTensors, type SynthTensor } from './tensors.ts';
import { synthVocabulary } from './vocabulary.ts';

/** How to make a model. */
export interface SynthOptions {
  /** Type of most weights; vectors stay F32, and the output matrix has at least 6 bits. */
  readonly dtype: DType;
  /** `general.name`. */
  readonly name?: string | undefined;
  /** The `tokenizer.*` metadata of a vocabulary with `vocabularySize` tokens. Default: a synthetic vocabulary. */
  readonly vocabulary?: Iterable<readonly [key: string, value: MetadataValue]> | undefined;
  /** The same seed gives the same file. Default 1. */
  readonly seed?: number | undefined;
}

/** Approximate number of bytes of weights that are made at once. */
const PIECE_BYTES = 1 << 22;

/**
 * A model of this shape with random weights, for `writeGguf`. The file is valid for llama.cpp too; activations and logits are
 * as large as in a trained model. Weights are made while they are written, in a few megabytes of memory. If random weights of
 * the data type cannot be made, writing fails with `UNSUPPORTED`.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`; `BAD_CONFIG` or `UNSUPPORTED` if the architecture refuses the shape
 */
export function synthesize(shape: SynthShape, options: SynthOptions): GgufToWrite {
  const { dtype, name = 'synthetic', seed = 1 } = options;
  const random = randomBlocks(seed);
  const metadata = modelMetadata(shape, name, dtype);
  return {
    metadata: [...metadata, ...(options.vocabulary ?? synthVocabulary(shape.vocabularySize))],
    tensors: synthTensors(shape, metadata).map((tensor) =>
      toWrite(tensor, tensorType(tensor.name, tensor.shape, dtype, shape.tied), random),
    ),
  };
}

/**
 * The names of the optional tensors of a model of this shape, for `SynthShape.optional`.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`, `BAD_CONFIG`, `UNSUPPORTED`
 */
export function synthOptionalTensors(shape: SynthShape): string[] {
  return optionalTensors(modelMetadata(shape, '', 'F32'));
}

function shift(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + by;
}

function toWrite({ name, shape, values }: SynthTensor, dtype: DType, random: RandomBlocks): TensorToWrite {
  if (values instanceof Float32Array)
    return { name, shape, dtype: 'F32', data: new Uint8Array(values.buffer) };
  const { mean = 0, deviation } = values;
  const width = shape.at(-1) ?? 1;
  const rows = shape.reduce((product, size) => product * size, 1) / width;
  const bytes = rowBytes(dtype, width) * rows;
  return {
    name,
    shape,
    dtype,
    async *data() {
      const fill = random.filler(dtype, deviation);
      // Whole blocks, and whole words for the generator.
      const unit = layoutOf(dtype).blockBytes * 4;
      const piece = new Uint8Array(Math.ceil(Math.min(PIECE_BYTES, bytes) / unit) * unit);
      for (let written = 0; written < bytes; written += piece.length) {
        fill(piece);
        if (mean !== 0) shift(new Float32Array(piece.buffer), mean);
        yield piece.subarray(0, bytes - written);
      }
    },
  };
}
