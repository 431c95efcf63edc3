// How large caches of keys and values are, and in which types they can be.
import { RondoError } from '@rondo/errors';
import { rowBytes, type KvCacheShape } from '@rondo/tensor';
import { DECODED_BYTES } from './protocol.ts';

/** Largest head that can be decoded. */
const QUANTIZED_HEAD_SIZE = DECODED_BYTES / 4;

/**
 * Bytes of one head's key, or value, of one position.
 *
 * @throws RondoError `UNSUPPORTED` for heads that cannot be quantized
 */
export function kvRowBytes({ headSize, dtype = 'F32' }: KvCacheShape): number {
  if (dtype === 'Q8_0' && (headSize % 32 !== 0 || headSize > QUANTIZED_HEAD_SIZE)) {
    throw new RondoError(
      'UNSUPPORTED',
      `Heads of ${headSize} values cannot be kept in Q8_0: it takes a multiple of 32, at most ${QUANTIZED_HEAD_SIZE}. Keep them in F32.`,
      { details: { headSize, dtype } },
    );
  }
  return rowBytes(dtype, headSize);
}

/** Bytes of keys and values of all layers. @throws RondoError as `kvRowBytes` */
export function kvCacheBytes(shape: KvCacheShape): number {
  const { layers, heads, capacity } = shape;
  return 2 * layers * heads * capacity * kvRowBytes(shape);
}
