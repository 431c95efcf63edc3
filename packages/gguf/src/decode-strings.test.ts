import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteBuilder } from './byte-builder.ts';
import { decodeStrings } from './decode-strings.ts';

function prefixed(strings: readonly Uint8Array[]): Uint8Array {
  const b = byteBuilder();
  for (const bytes of strings) {
    b.u64(bytes.length);
    b.bytes(bytes);
  }
  return b.finish();
}

function oneByOne(strings: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return strings.map((bytes) => decoder.decode(bytes));
}

const encoder = new TextEncoder();
const valid = fc.string({ unit: 'binary' }).map((text) => encoder.encode(text));
/** Parts of multi-byte characters, so that neighbouring strings would often form valid characters. */
const invalid = fc.array(fc.constantFrom(0x41, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff), {
  maxLength: 4,
});

it('strings decoded together equal strings decoded one by one, valid or not', () => {
  const check = (strings: readonly Uint8Array[]): void => {
    expect(decodeStrings(prefixed(strings), strings.length)).toEqual(oneByOne(strings));
  };
  fc.assert(fc.property(fc.array(valid), check));
  fc.assert(fc.property(fc.array(invalid.map((bytes) => Uint8Array.from(bytes))), check), { numRuns: 2000 });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          valid,
          invalid.map((bytes) => Uint8Array.from(bytes)),
        ),
      ),
      check,
    ),
  );
});

it('decoding together keeps cut characters, a byte order mark and U+FFFD as they are', () => {
  const strings = [[0xc3], [0xa9], [0xef, 0xbb, 0xbf, 0x61], [], [0xef, 0xbf, 0xbd]].map((b) =>
    Uint8Array.from(b),
  );
  expect(decodeStrings(prefixed(strings), 5)).toEqual(['\ufffd', '\ufffd', '\ufeffa', '', '\ufffd']);
});
