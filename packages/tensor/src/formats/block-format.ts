// Makes a format from the functions that decode and encode blocks.
//
// GGUF's reference code computes in float32. Decoders get the same bits without rounding each step: a float16 scale has 11
// significant bits, and its integer factors have 13 bits together, so every product fits the 24 bits of a float32. Only the
// last sum is rounded, when it is stored. Encoders must round each step (`Math.fround`).
import { RondoError } from '@rondo/errors';
import { layoutOf, type DType } from '../dtype.ts';
import type { QuantFormat } from './format.ts';

/** Converts all of `blocks` to or from all values; the number of blocks matches the number of values. */
export interface RunCodec {
  decode(blocks: Uint8Array, out: Float32Array): void;
  encode?(values: Float32Array, blocks: Uint8Array): void;
}

/** Converts the block at `at` in `blocks` to or from the values from `start` on. */
export interface BlockCodec {
  decode(blocks: Uint8Array, at: number, out: Float32Array, start: number): void;
  encode?(values: Float32Array, start: number, blocks: Uint8Array, at: number): void;
}

/**
 * The format of `dtype`. `codec` converts its blocks, any number of blocks at once.
 *
 * The functions of the format throw RondoError `BAD_ARGUMENT` when the number of values does not match the number of bytes.
 */
export function runFormat(dtype: DType, { decode, encode }: RunCodec): QuantFormat {
  const { blockElements, blockBytes } = layoutOf(dtype);

  function check(values: Float32Array, blocks: Uint8Array): void {
    const count = values.length / blockElements;
    if (Number.isInteger(count) && blocks.length === count * blockBytes) return;
    throw new RondoError(
      'BAD_ARGUMENT',
      `${values.length} values and ${blocks.length} bytes are not the same ${dtype} blocks: ` +
        `each holds ${blockElements} values in ${blockBytes} bytes.`,
      { details: { dtype, values: values.length, bytes: blocks.length } },
    );
  }

  return {
    dtype,
    dequantize(blocks, out) {
      check(out, blocks);
      decode(blocks, out);
    },
    ...(encode && {
      quantize(values, blocks) {
        check(values, blocks);
        encode(values, blocks);
      },
    }),
  };
}

/** The format of `dtype`, made from functions that convert one block. */
export function blockFormat(dtype: DType, { decode, encode }: BlockCodec): QuantFormat {
  const { blockElements, blockBytes } = layoutOf(dtype);
  return runFormat(dtype, {
    decode(blocks, out) {
      const count = out.length / blockElements;
      for (let i = 0; i < count; i++) decode(blocks, i * blockBytes, out, i * blockElements);
    },
    ...(encode && {
      encode(values, blocks) {
        const count = values.length / blockElements;
        for (let i = 0; i < count; i++) encode(values, i * blockElements, blocks, i * blockBytes);
      },
    }),
  });
}
