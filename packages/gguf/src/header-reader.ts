// Passes the header to synchronous parsers while it is fetched piece by piece. An entry that ends after the loaded
// bytes is parsed again with more bytes. Parsed entries are dropped from the window, and decoded values are charged to a
// ledger, so the largest entry and the ledger's limit bound the memory. The reader knows no format.
import { RondoError } from '@rondo/errors';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { decodeString, decodeStrings } from './decode-strings.ts';
import { costs, createLedger, stringCost, type Ledger } from './ledger.ts';
import { maxDecodedBytes, maxHeaderBytes, maxStringBytes } from './limits.ts';

const firstWindowBytes = 2 ** 20;
const maxWindowBytes = 2 ** 24;

/** Reads little-endian values one after another. Every method but `peek` throws `TRUNCATED` at the end of the file. */
export interface Cursor {
  /** Offset in the file of the next byte. */
  readonly position: number;
  u8(what: string): number;
  u32(what: string): number;
  u64(what: string): bigint;
  i64(what: string): bigint;
  /** A view on the next bytes, fewer at the end of the file. The cursor does not move. */
  peek(bytes: number): Uint8Array;
  /** A view on the next bytes, valid until the parser returns. */
  take(bytes: number, what: string): Uint8Array;
  /** Charges memory for values that the parser makes: see `Ledger`. */
  charge(bytes: number, what: string): void;
  /** A length, then a string of that length; invalid UTF-8 becomes U+FFFD. */
  string(what: string): string;
  /**
   * Reads `count` strings. Decodes nothing before all strings are loaded, so that a large vocabulary is decoded only
   * once.
   */
  strings(count: number, what: string): string[];
  /**
   * A count or length that was read, as a number. Checks first that the rest of the file could hold that many items.
   *
   * @param bytesEach the fewest bytes that each item takes
   * @param most the largest count accepted
   * @throws RondoError `LIMIT` if the count exceeds `most` or the size of the whole file; `TRUNCATED` if only the rest of
   * the file is too short, as in a file that was cut off
   */
  checkedCount(count: bigint, bytesEach: number, most: number, what: string): number;
}

/** Runs parsers over the beginning of a source. */
export interface HeaderReader {
  /**
   * Calls `parse` with the cursor after the previous entry. If bytes were missing, calls `parse` again from the same
   * place.
   */
  parse<T>(parse: (cursor: Cursor) => T): Promise<T>;
}

/** A reader at the beginning of `source`. It reads ahead, at most to the end of the source. */
export function headerReader(
  source: ByteSource,
  options: ReadOptions = {},
  ledger: Ledger = createLedger(maxDecodedBytes),
): HeaderReader {
  let window = new Uint8Array(0);
  let view = new DataView(window.buffer);
  let windowOffset = 0;
  let windowBytes = firstWindowBytes;
  let next = 0;
  let neededOffset = 0;

  /** Moves the cursor after the next `bytes` bytes, and returns their index in the window. */
  function advance(bytes: number, what: string): number {
    const start = next;
    if (bytes > window.length - start) {
      const offset = windowOffset + start;
      if (bytes > source.size - offset) throw truncated(source, offset, bytes, what);
      neededOffset = offset + bytes;
      throw moreNeeded;
    }
    next += bytes;
    return start;
  }

  /** Reads the length in front of a string, in two reads of 32 bits: a BigInt for each token would take time. */
  function stringLength(what: string): number {
    const start = advance(8, what);
    const bytes = view.getUint32(start, true) + view.getUint32(start + 4, true) * 2 ** 32;
    if (bytes <= maxStringBytes && bytes <= source.size - windowOffset - next) return bytes;
    return cursor.checkedCount(view.getBigUint64(start, true), 1, maxStringBytes, `bytes in ${what}`);
  }

  const cursor: Cursor = {
    get position() {
      return windowOffset + next;
    },
    u8: (what) => view.getUint8(advance(1, what)),
    u32: (what) => view.getUint32(advance(4, what), true),
    u64: (what) => view.getBigUint64(advance(8, what), true),
    i64: (what) => view.getBigInt64(advance(8, what), true),
    peek(bytes) {
      const start = advance(Math.min(bytes, source.size - cursor.position), 'the file');
      const shown = window.subarray(start, next);
      next = start;
      return shown;
    },
    take(bytes, what) {
      const start = advance(bytes, what);
      return window.subarray(start, start + bytes);
    },
    charge: (bytes, what) => ledger.charge(bytes, what),
    string(what) {
      const bytes = stringLength(what);
      ledger.charge(stringCost(bytes), what);
      const start = advance(bytes, what);
      return decodeString(window.subarray(start, start + bytes));
    },
    strings(count, what) {
      const first = next;
      // Charged before the next string is loaded, so that no more than the limit is loaded.
      for (let i = 0; i < count; i++) {
        const bytes = stringLength(what);
        ledger.charge(costs.element + stringCost(bytes), what);
        advance(bytes, what);
      }
      return decodeStrings(window.subarray(first, next), count);
    },
    checkedCount(count, bytesEach, most, what) {
      const remaining = source.size - cursor.position;
      if (count > BigInt(most) || count > BigInt(source.size)) {
        throw new RondoError(
          'LIMIT',
          `The header promises ${count} ${what}, more than ` +
            (count > BigInt(source.size)
              ? `the whole file of ${source.size} bytes can hold`
              : `the ${most} accepted`) +
            `. The file is damaged or hostile; download it again from a source you trust.`,
          { details: { what, count, most, offset: cursor.position, size: source.size } },
        );
      }
      if (Number(count) * bytesEach > remaining) {
        throw truncated(source, cursor.position, Number(count) * bytesEach, `${count} ${what}`);
      }
      return Number(count);
    },
  };

  async function loadMore(): Promise<void> {
    const rest = window.subarray(next);
    const offset = windowOffset + next;
    if (neededOffset > maxHeaderBytes) {
      throw new RondoError('LIMIT', `The header is longer than the ${maxHeaderBytes} bytes accepted.`, {
        details: { offset, most: maxHeaderBytes },
      });
    }
    // At least twice the bytes that were loaded, so that parsing a long entry repeatedly costs at most twice the parsing.
    const wanted = Math.max(rest.length + windowBytes, rest.length * 2, neededOffset - offset);
    const loaded = new Uint8Array(Math.min(wanted, source.size - offset));
    loaded.set(rest);
    await source.readInto(loaded.subarray(rest.length), offset + rest.length, options);
    window = loaded;
    view = new DataView(loaded.buffer);
    windowOffset = offset;
    next = 0;
    windowBytes = Math.min(windowBytes * 2, maxWindowBytes);
  }

  return {
    async parse(parse) {
      for (;;) {
        const entryStart = next;
        const chargedBefore = ledger.bytes;
        try {
          return parse(cursor);
        } catch (error) {
          if (error !== moreNeeded) throw error;
          next = entryStart;
          ledger.resetTo(chargedBefore);
          await loadMore();
        }
      }
    },
  };
}

/**
 * An error that is always caught in this file. There is only one object, because a stack trace for each throw costs time.
 */
const moreNeeded = new Error('more bytes are needed');

function truncated(source: ByteSource, offset: number, bytes: number, what: string): RondoError {
  return new RondoError(
    'TRUNCATED',
    `The file ends at byte ${source.size}, inside its header: ${what} at offset ${offset} needs ${bytes} bytes, ` +
      `${source.size - offset} are there. Download it again.`,
    { details: { what, offset, bytes, size: source.size } },
  );
}
