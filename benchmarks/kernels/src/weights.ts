// Random weights in a backend's memory. They are no zeros and have sane scales, because both affect what a product costs:
// pages of zeros can share memory, and denormal floats are slow.
import type { Backend, DType, SlotSource, Weight } from '@rondo/tensor';
import { rowBytes } from '@rondo/tensor';
import { randomNumbers, randomWeights } from '@rondo/tensor/conformance';

/** Bytes of random blocks that a large weight repeats; making all of it random would take a minute. */
const TILE_BYTES = 2 << 20;

/** Weights of one data type. */
export interface Weights {
  readonly dtype: DType;
  /** Equal matrices `[rows, width]`, one after another in memory. */
  readonly matrices: readonly Weight[];
  readonly matrixBytes: number;
  readonly rows: number;
  free(): void;
}

/** Puts `count` matrices of about `bytes` bytes and `width` columns into the backend's memory. */
export async function loadWeights(
  backend: Backend,
  options: { readonly dtype: DType; readonly width: number; readonly count: number; readonly bytes: number },
): Promise<Weights> {
  const { dtype, width, count, bytes } = options;
  const oneRow = rowBytes(dtype, width);
  const rows = Math.max(1, Math.floor(bytes / oneRow));
  const tileRows = Math.max(1, Math.min(rows, Math.floor(TILE_BYTES / oneRow)));
  const tile = randomWeights(dtype, tileRows, width, randomNumbers(1));
  const matrixBytes = rows * oneRow;
  const slot = backend.slot([{ offset: 0, bytes: matrixBytes * count }], 1);
  await slot.fill(repeated(tile, matrixBytes * count));
  const matrices = Array.from({ length: count }, (_, index) =>
    slot.weight(dtype, [rows, width], index * matrixBytes),
  );
  return { dtype, matrices, matrixBytes, rows, free: () => slot.free() };
}

/** A source of `size` bytes that repeats `tile`. */
function repeated(tile: Uint8Array, size: number): SlotSource {
  return {
    size,
    alignment: 1,
    async readInto(target, offset) {
      for (let done = 0; done < target.length;) {
        const from = (offset + done) % tile.length;
        const part = tile.subarray(from, from + target.length - done);
        target.set(part, done);
        done += part.length;
      }
    },
  };
}
