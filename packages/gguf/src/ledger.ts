// Counts the memory that a decoded header takes. A decoded header takes more memory than the header's bytes, because a few
// bytes of a file can become an object. The reader charges all values that it keeps to the ledger, and stops at a limit.
import { RondoError } from '@rondo/errors';

/** Bytes that values take in V8 on a 64-bit machine, rounded up. */
export const costs = {
  /** A metadata entry: its place in the map, and the object with its type. */
  entry: 128,
  /** An array: the object with its type, and the array itself. */
  array: 160,
  /** The place of an element in an array; a full array grows by half. */
  element: 12,
  /** A string that is not empty, without its characters. */
  string: 32,
  /** A character: UTF-16 in the worst case. A byte of UTF-8 is at most one character. */
  character: 2,
  /** A tensor: its place in the map, its object twice (as parsed, and as placed in the file), and its shape. */
  tensor: 384,
} as const;

/** Counts decoded bytes. */
export interface Ledger {
  /** Decoded bytes that are kept. */
  readonly bytes: number;
  /**
   * Charges `bytes` bytes.
   *
   * @throws RondoError `LIMIT` if the sum exceeds the limit
   */
  charge(bytes: number, what: string): void;
  /** Removes all charges since the ledger had `bytes` bytes, for a value that is decoded again. */
  resetTo(bytes: number): void;
}

/** A ledger that accepts `limitBytes`. */
export function createLedger(limitBytes: number): Ledger {
  let charged = 0;
  return {
    get bytes() {
      return charged;
    },
    charge(bytes, what) {
      charged += bytes;
      if (charged <= limitBytes) return;
      throw new RondoError(
        'LIMIT',
        `The header takes more than the ${limitBytes} bytes of memory accepted; the limit was reached in ${what}. The file is damaged or hostile; download it again from a source you trust.`,
        { details: { what, most: limitBytes } },
      );
    },
    resetTo(bytes) {
      charged = bytes;
    },
  };
}

/** Memory, in bytes, of a string that takes `bytes` bytes in the file. */
export function stringCost(bytes: number): number {
  return bytes === 0 ? 0 : costs.string + bytes * costs.character;
}
