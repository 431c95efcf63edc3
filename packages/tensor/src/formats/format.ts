// What a quantization format is: one object per file in this folder, gathered in `index.ts`.
import type { DType } from '../dtype.ts';

/** How values are stored in blocks of one data type. Exact, and fast enough to feed a disk: 1 GB/s of values or more. */
export interface QuantFormat {
  readonly dtype: DType;
  /** Decodes whole blocks: `blocks` holds `out.length` values. Bit for bit what the reference code of GGUF gives. */
  dequantize(blocks: Uint8Array, out: Float32Array): void;
  /** Encodes whole blocks, rounding as llama.cpp's reference quantizer does; absent where nobody needs it. */
  quantize?(values: Float32Array, blocks: Uint8Array): void;
}
