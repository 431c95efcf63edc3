// Quantizes a model while it is written: a piece of a tensor at a time is read, decoded and encoded, so that memory does not
// grow with the model.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from '@rondo/source';
import { formatOf, layoutOf, rowBytes, type DType } from '@rondo/tensor';
import type { Gguf, MetadataValue, TensorInfo } from '../types.ts';
import type { GgufToWrite, TensorToWrite } from '../write.ts';
import { chooseTypes } from './choose-types.ts';
import { quantizations, type QuantizationName } from './quantizations.ts';

/** How to quantize. */
export interface QuantizeOptions {
  readonly quantization: QuantizationName;
  /** Takes weights that are quantized already; errors then add up. Default false. */
  readonly requantize?: boolean | undefined;
  /** Ends the writing, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Version of the block formats, for `general.quantization_version`. Source: ggml.h, `GGML_QNT_VERSION`. */
const QUANTIZATION_VERSION = 2;

/** Values converted at once, whole blocks of any type: little memory, and little time without a look at the signal. */
const PIECE_VALUES = 1 << 18;

/** Beyond it half-precision scales are infinite. */
const LARGEST_HALF = 65_504;

/**
 * A model in another quantization, for `writeGguf`: what llama.cpp's llama-quantize writes without an importance matrix, to
 * the byte. Reads from `source` while it is written, so that has to stay open until then.
 *
 * @param gguf the header of `source`
 * @throws RondoError `BAD_ARGUMENT` when weights are quantized already and `requantize` is not set, `UNSUPPORTED` when a
 * tensor cannot be decoded. Writing it throws `BAD_ARGUMENT` for weights that the new type cannot hold (NaN, or too large),
 * and whatever the source throws
 */
export function quantizeGguf(source: ByteSource, gguf: Gguf, options: QuantizeOptions): GgufToWrite {
  const { quantization, requantize = false, signal } = options;
  const { fileType } = quantizations[quantization];
  const metadata: [string, MetadataValue][] = [...gguf.metadata].filter(([key]) => !replaced.has(key));
  metadata.push(
    ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
    ['general.file_type', { type: 'u32', value: fileType }],
  );
  return {
    metadata,
    tensors: chooseTypes(gguf, quantizations[quantization]).map(({ tensor, dtype }): TensorToWrite => {
      const convert = converter(tensor, dtype, requantize);
      return {
        name: tensor.name,
        dtype,
        shape: tensor.shape,
        data: () => convertedPieces(source, tensor, convert, signal),
      };
    }),
  };
}

/** Metadata that is written anew, and what tells of the parts of a split model. */
const replaced = new Set([
  'general.quantization_version',
  'general.file_type',
  'split.no',
  'split.count',
  'split.tensors.count',
]);

/** Blocks of one type to blocks of another; valid until the next call. */
type Convert = (blocks: Uint8Array) => Uint8Array;

function converter(tensor: TensorInfo, dtype: DType, requantize: boolean): Convert {
  const from = tensor.dtype;
  if (from === dtype) return (blocks) => blocks;
  const { quantize } = formatOf(dtype);
  if (quantize === undefined) {
    throw new RondoError(
      'UNSUPPORTED',
      `Weights cannot be quantized to ${dtype}, as ${tensor.name} would be.`,
      {
        details: { name: tensor.name, dtype },
      },
    );
  }
  const { dequantize } = formatOf(from);
  if (layoutOf(from).blockElements > 1 && !requantize) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The tensor ${tensor.name} is quantized already, to ${from}. Begin with a model in F32, F16 or BF16; or have it ` +
        `quantized again, at a loss.`,
      { details: { name: tensor.name, from, dtype } },
    );
  }
  return (blocks) => {
    const values = new Float32Array(
      (blocks.length / layoutOf(from).blockBytes) * layoutOf(from).blockElements,
    );
    dequantize(blocks, values);
    checkValues(values, tensor.name, dtype);
    const encoded = new Uint8Array(rowBytes(dtype, values.length));
    quantize(values, encoded);
    return encoded;
  };
}

function checkValues(values: Float32Array, name: string, dtype: DType): void {
  const most = dtype === 'F32' || dtype === 'BF16' ? Number.MAX_VALUE : LARGEST_HALF;
  const wrong = values.find((value) => !(Math.abs(value) <= most));
  if (wrong === undefined) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    `The tensor ${name} has a weight of ${wrong}, which ${dtype} cannot hold. ` +
      (Number.isFinite(wrong) ? 'Quantize to bf16.' : 'The model is damaged; download it again.'),
    { details: { name, dtype, value: wrong } },
  );
}

async function* convertedPieces(
  source: ByteSource,
  tensor: TensorInfo,
  convert: Convert,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const blocks = new Uint8Array(Math.min(tensor.bytes, rowBytes(tensor.dtype, PIECE_VALUES)));
  for (let done = 0; done < tensor.bytes; done += blocks.length) {
    const piece = blocks.subarray(0, tensor.bytes - done);
    await source.readInto(piece, tensor.offset + done, { signal });
    yield convert(piece);
  }
}
