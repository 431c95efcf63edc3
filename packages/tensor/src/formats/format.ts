// The interface of a quantization format. Each format is an object in a file in this folder; `index.ts` lists all formats.
import type { DType } from '../dtype.ts';

/** Converts between values and blocks of one data type. Exact, and fast enough for a disk: 1 GB/s of values or more. */
export interface QuantFormat {
  readonly dtype: DType;
  /** Decodes whole blocks: `blocks` holds `out.length` values. Bit for bit the same as the reference code of GGUF. */
  dequantize(blocks: Uint8Array, out: Float32Array): void;
  /** Encodes whole blocks with the rounding of llama.cpp's reference quantizer; absent if the encoder is not needed. */
  quantize?(values: Float32Array, blocks: Uint8Array): void;
}
