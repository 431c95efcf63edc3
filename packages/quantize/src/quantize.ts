// Quantizes a model while it is written. It reads, decodes and encodes one piece of a tensor at a time, so memory does
// not grow with the model.
import { RondoError, type RondoWarning } from '@rondo/errors';
import type { ByteSource } from '@rondo/source';
import { formatOf, layoutOf, rowBytes, type DType, type QuantFormat } from '@rondo/tensor';
import type { Gguf, GgufToWrite, MetadataValue, TensorInfo, TensorToWrite } from '@rondo/gguf';
import { chooseTypes, type TypedTensor } from './choose-types.ts';
import { quantizations, type QuantizationName } from './quantizations.ts';

/** How to quantize. */
export interface QuantizeOptions {
  readonly quantization: QuantizationName;
  /** Accepts weights that are already quantized; the errors of both quantizations then add up. Default false. */
  readonly requantize?: boolean | undefined;
  /** Ends the writing, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A model to be written, with warnings. */
export interface QuantizedGguf extends GgufToWrite {
  /** A warning if tensors get another type than the requested type, because their rows do not fit its blocks. */
  readonly warnings: readonly RondoWarning[];
}

/** Version of the block formats, for `general.quantization_version`. Source: ggml.h, `GGML_QNT_VERSION`. */
const QUANTIZATION_VERSION = 2;

/**
 * Values converted at once, whole blocks of any type: few enough for little memory and for frequent looks at the signal.
 */
const PIECE_VALUES = 1 << 18;

/** Above this number, half-precision scales are infinite. */
const LARGEST_HALF = 65_504;

/**
 * A model in another quantization, for `writeGguf`: byte for byte what llama.cpp's llama-quantize writes without an
 * importance matrix. The model is read from `source` while it is written, so `source` has to stay open until then.
 *
 * @param gguf the header of `source`
 * @throws RondoError `BAD_ARGUMENT` if weights are already quantized and `requantize` is not set, `UNSUPPORTED` if a
 * tensor cannot be decoded. Writing throws `BAD_ARGUMENT` for weights that the new type cannot hold (NaN, or too large),
 * and any error of the source
 */
export function quantizeGguf(source: ByteSource, gguf: Gguf, options: QuantizeOptions): QuantizedGguf {
  const { quantization, requantize = false, signal } = options;
  const { fileType } = quantizations[quantization];
  const metadata: [string, MetadataValue][] = [...gguf.metadata].filter(([key]) => !replaced.has(key));
  metadata.push(
    ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
    ['general.file_type', { type: 'u32', value: fileType }],
  );
  const typed = chooseTypes(gguf, quantizations[quantization]);
  return {
    metadata,
    warnings: warningsOf(typed),
    tensors: typed.map(({ tensor, dtype }): TensorToWrite => {
      const { name, shape } = tensor;
      const quantize = encoderFor(tensor, dtype, requantize);
      const read = () => pieces(source, tensor, signal);
      return { name, dtype, shape, data: quantize ? () => encoded(tensor, dtype, quantize, read()) : read };
    }),
  };
}

function warningsOf(tensors: readonly TypedTensor[]): RondoWarning[] {
  const others = tensors.filter(({ dtype, wanted }) => dtype !== wanted);
  const [first] = others;
  if (first === undefined) return [];
  const { tensor, dtype, wanted } = first;
  const row = tensor.shape.at(-1) ?? 1;
  const { blockElements } = layoutOf(wanted);
  const more = others.length > 1 ? `, and ${others.length - 1} more` : '';
  return [
    {
      code: 'OTHER_TYPE',
      message: `${others.length} of ${tensors.length} tensors are written in another type than asked for, as their rows are no multiple of its blocks: ${tensor.name} has rows of ${row} values, ${wanted} has blocks of ${blockElements}, so it is written in ${dtype}${more}.`,
    },
  ];
}

/** Metadata that is written anew, and metadata that describes the parts of a split model. */
const replaced = new Set([
  'general.quantization_version',
  'general.file_type',
  'split.no',
  'split.count',
  'split.tensors.count',
]);

/** How values are encoded. */
type Quantize = NonNullable<QuantFormat['quantize']>;

/** @returns undefined if the tensor stays as it is */
function encoderFor(tensor: TensorInfo, dtype: DType, requantize: boolean): Quantize | undefined {
  const { name, dtype: from } = tensor;
  if (from === dtype) return undefined;
  if (layoutOf(formatOf(from).dtype).blockElements > 1 && !requantize) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The tensor ${name} is quantized already, to ${from}. Begin with a model in F32, F16 or BF16; or have it ` +
        'quantized again, at a loss.',
      { details: { name, from, dtype } },
    );
  }
  const { quantize } = formatOf(dtype);
  if (quantize !== undefined) return quantize;
  throw new RondoError('UNSUPPORTED', `Weights cannot be quantized to ${dtype}, as ${name} would be.`, {
    details: { name, dtype },
  });
}

async function* pieces(
  source: ByteSource,
  tensor: TensorInfo,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const blocks = new Uint8Array(Math.min(tensor.bytes, rowBytes(tensor.dtype, PIECE_VALUES)));
  for (let done = 0; done < tensor.bytes; done += blocks.length) {
    const piece = blocks.subarray(0, tensor.bytes - done);
    await source.readInto(piece, tensor.offset + done, { signal });
    yield piece;
  }
}

async function* encoded(
  tensor: TensorInfo,
  dtype: DType,
  quantize: Quantize,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const { blockBytes, blockElements } = layoutOf(tensor.dtype);
  const { dequantize } = formatOf(tensor.dtype);
  const values = new Float32Array(PIECE_VALUES);
  const blocks = new Uint8Array(rowBytes(dtype, PIECE_VALUES));
  for await (const piece of pieces) {
    const some = values.subarray(0, (piece.length / blockBytes) * blockElements);
    dequantize(piece, some);
    checkValues(some, tensor.name, dtype);
    const written = blocks.subarray(0, rowBytes(dtype, some.length));
    quantize(some, written);
    yield written;
  }
}

function checkValues(values: Float32Array, name: string, dtype: DType): void {
  const most = dtype === 'F32' || dtype === 'BF16' ? Number.MAX_VALUE : LARGEST_HALF;
  // A loop, because a callback for each weight takes longer than encoding it.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Math.abs(value) <= most) continue;
    throw new RondoError(
      'BAD_ARGUMENT',
      `The tensor ${name} has a weight of ${value}, which ${dtype} cannot hold. ` +
        (Number.isFinite(value) ? 'Quantize to bf16.' : 'The model is damaged; download it again.'),
      { details: { name, dtype, value } },
    );
  }
}
