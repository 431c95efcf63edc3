// Which data types have a kernel, and how each wants the other side of its product.
import type { DType } from '@rondo/tensor';
import { INPUT_F32, INPUT_Q8_32_WIDE, INPUT_Q8_256, INPUT_Q8_32 } from './protocol.ts';

/** Data types of weights that the kernels multiply with -> INPUT_* of the protocol. */
export const matmulInputs: Readonly<Partial<Record<DType, number>>> = {
  F32: INPUT_F32,
  F16: INPUT_F32,
  BF16: INPUT_F32,
  Q4_0: INPUT_Q8_32,
  Q8_0: INPUT_Q8_32_WIDE,
  Q6_K: INPUT_Q8_256,
};

/** Data types of weights that the backend multiplies with; any other is refused as `UNSUPPORTED`. */
export const supportedDtypes = Object.keys(matmulInputs) as readonly DType[];

/** Bytes from one quantized row of `width` values to the next. */
export function inputRowBytes(input: number, width: number): number {
  const bytes =
    input === INPUT_Q8_32
      ? width + (width / 32) * 8
      : input === INPUT_Q8_32_WIDE
        ? width * 2 + (width / 32) * 4
        : input === INPUT_Q8_256
          ? width + (width / 256) * 4 + (width / 16) * 2
          : width * 4;
  return Math.ceil(bytes / 64) * 64;
}
