// Makes a format out of how one block is decoded and encoded.
//
// GGUF's reference code computes in float32. Decoders get the same bits without rounding each step: a half has 11 bits, the
// integers it is multiplied by have 13 together, so every product fits a float32's 24; only the sum at the end rounds,
// when it is stored. Encoders do have to round (`Math.fround`).
import { RondoError } from '@rondo/errors';
import { layoutOf, type DType } from '../dtype.ts';
import type { QuantFormat } from './format.ts';

/** Converts the block at `at` in `blocks` to or from the values from `start` on. */
export interface BlockCodec {
  decode(blocks: Uint8Array, at: number, out: Float32Array, start: number): void;
  encode?(values: Float32Array, start: number, blocks: Uint8Array, at: number): void;
}

/**
 * The format of `dtype` whose blocks are converted by `codec`.
 *
 * Its functions throw RondoError `BAD_ARGUMENT` when the numbers of values and bytes do not belong together.
 */
export function blockFormat(dtype: DType, codec: BlockCodec): QuantFormat {
  const { blockElements, blockBytes } = layoutOf(dtype);

  function countBlocks(values: Float32Array, blocks: Uint8Array): number {
    const count = values.length / blockElements;
    if (Number.isInteger(count) && blocks.length === count * blockBytes) return count;
    throw new RondoError(
      'BAD_ARGUMENT',
      `${values.length} values and ${blocks.length} bytes are not the same ${dtype} blocks: ` +
        `each holds ${blockElements} values in ${blockBytes} bytes.`,
      { details: { dtype, values: values.length, bytes: blocks.length } },
    );
  }

  const { decode, encode } = codec;
  return {
    dtype,
    dequantize(blocks, out) {
      const count = countBlocks(out, blocks);
      for (let i = 0; i < count; i++) decode(blocks, i * blockBytes, out, i * blockElements);
    },
    ...(encode && {
      quantize(values, blocks) {
        const count = countBlocks(values, blocks);
        for (let i = 0; i < count; i++) encode(values, i * blockElements, blocks, i * blockBytes);
      },
    }),
  };
}
