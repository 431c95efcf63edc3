// Splits sets of code points into sequences of byte ranges in UTF-8. Source: RFC 3629, section 4.
import { rangesOf, type CodePoints } from './code-points.ts';

/** One to four byte ranges, each as `[first, last]`, that match one code point in UTF-8. */
export type ByteSequence = readonly (readonly [number, number])[];

/** Largest code point of one, two, three and four bytes. */
const largest = [0x7f, 0x7ff, 0xffff, 0x10ffff] as const;

/** Sets that were split, as many grammars use a set again and again. */
const known = new WeakMap<CodePoints, readonly ByteSequence[]>();

/** Byte sequences that together match exactly the members of the set. */
export function byteSequencesOf(set: CodePoints): readonly ByteSequence[] {
  let sequences = known.get(set);
  if (sequences === undefined) known.set(set, (sequences = splitSet(set)));
  return sequences;
}

function splitSet(set: CodePoints): ByteSequence[] {
  const sequences: ByteSequence[] = [];
  for (const [first, end] of rangesOf(set)) {
    let from = first;
    for (const limit of largest) {
      if (from > end) break;
      if (from > limit) continue;
      split(from, Math.min(end, limit), sequences);
      from = limit + 1;
    }
  }
  return sequences;
}

/** Splits a range whose members have the same number of bytes where the trailing bytes do not range over all values. */
function split(first: number, end: number, into: ByteSequence[]): void {
  const lengthBytes = 1 + largest.findIndex((limit) => first <= limit);
  for (let trailing = 1; trailing < lengthBytes; trailing++) {
    const mask = 2 ** (6 * trailing) - 1;
    if (Math.floor(first / (mask + 1)) === Math.floor(end / (mask + 1))) continue;
    if ((first & mask) !== 0) {
      split(first, first | mask, into);
      split((first | mask) + 1, end, into);
      return;
    }
    if ((end & mask) !== mask) {
      split(first, (end & ~mask) - 1, into);
      split(end & ~mask, end, into);
      return;
    }
  }
  const low = bytesOf(first, lengthBytes);
  const high = bytesOf(end, lengthBytes);
  into.push(low.map((byte, i) => [byte, high[i]] as const));
}

/** High bits of the first byte of one to four bytes. */
const leads = [0, 0, 0xc0, 0xe0, 0xf0] as const;

function bytesOf(codePoint: number, lengthBytes: number): number[] {
  const bytes: number[] = [];
  for (let trailing = lengthBytes - 1; trailing > 0; trailing--) {
    bytes.push(0x80 | ((codePoint >> (6 * (lengthBytes - 1 - trailing))) & 0x3f));
  }
  bytes.push(leads[lengthBytes] | (codePoint >> (6 * (lengthBytes - 1))));
  return bytes.toReversed();
}
