// A few bytes of a header must not take much memory. Decoded values are charged to a ledger. The tests check that the charges
// are at least the memory in use, and that the limit is enforced.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory, type ByteSource } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { byteBuilder, type ByteBuilder } from './byte-builder.ts';
import { createLedger } from './ledger.ts';
import { readGguf } from './index.ts';
import { readHeader } from './read.ts';

const MiB = 2 ** 20;
const types = { u8: 0, string: 8, array: 9 };

/** A file of one entry, whose array `fill` writes. */
function fileWith(fill: (b: ByteBuilder) => void, entries = 1, tensors = 0): Uint8Array {
  const b = byteBuilder();
  b.bytes(new TextEncoder().encode('GGUF'));
  b.u32(3);
  b.u64(tensors);
  b.u64(entries);
  fill(b);
  b.bytes(new Uint8Array(64));
  return b.finish();
}

function array(b: ByteBuilder, of: number, count: number): void {
  b.u32(of);
  b.u64(count);
}

const count = 60_000;
const hostile: readonly (readonly [string, () => Uint8Array])[] = [
  ...([0, 1] as const).map(
    (elements) =>
      [
        `arrays of ${elements} numbers in an array`,
        () =>
          fileWith((b) => {
            b.string('k');
            b.u32(types.array);
            array(b, types.array, count);
            for (let i = 0; i < count; i++) {
              array(b, types.u8, elements);
              b.bytes(new Uint8Array(elements));
            }
          }),
      ] as const,
  ),
  [
    'arrays of one string in an array',
    () =>
      fileWith((b) => {
        b.string('k');
        b.u32(types.array);
        array(b, types.array, count);
        for (let i = 0; i < count; i++) {
          array(b, types.string, 1);
          b.string('s');
        }
      }),
  ],
  [
    'arrays four deep',
    () =>
      fileWith((b) => {
        b.string('k');
        b.u32(types.array);
        array(b, types.array, count / 4);
        for (let i = 0; i < count / 4; i++) {
          array(b, types.array, 1);
          array(b, types.array, 1);
          array(b, types.u8, 1);
          b.bytes(new Uint8Array(1));
        }
      }),
  ],
  [
    'empty strings',
    () =>
      fileWith((b) => {
        b.string('k');
        b.u32(types.array);
        array(b, types.string, count * 10);
        b.bytes(new Uint8Array(count * 80));
      }),
  ],
  [
    'strings of one letter',
    () =>
      fileWith((b) => {
        b.string('k');
        b.u32(types.array);
        array(b, types.string, count * 10);
        for (let i = 0; i < count * 10; i++) b.string('é');
      }),
  ],
  [
    'metadata entries of a byte',
    () =>
      fileWith((b) => {
        for (let i = 0; i < count; i++) {
          b.string(i.toString(36));
          b.u32(types.u8);
          b.bytes(new Uint8Array(1));
        }
      }, count),
  ],
  [
    'tensors of no dimensions',
    () =>
      fileWith(
        (b) => {
          for (let i = 0; i < count; i++) {
            b.string(i.toString(36));
            b.u32(1);
            b.u64(0);
            b.u32(0);
            b.u64(0);
          }
        },
        0,
        count,
      ),
  ],
];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const usedBytes = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

describe.each(hostile)('%s', (_, make) => {
  it('a hostile header is charged at most 20 times its bytes, and takes no more memory than charged', async () => {
    const file = make();
    const ledger = createLedger(Infinity);
    const source = memory(file);
    const before = usedBytes();
    const gguf = await readHeader(source, {}, ledger);
    const usedMore = usedBytes() - before;
    expect(gguf.version).toBe(3);
    expect(ledger.bytes).toBeLessThanOrEqual(20 * file.length + MiB);
    // Loaded bytes of the file may still be in memory, and the system allocates memory in steps.
    expect(usedMore).toBeLessThanOrEqual(1.1 * ledger.bytes + 3 * file.length + 2 * MiB);
  });

  it('a hostile header that is charged more than the limit ends in LIMIT', async () => {
    const ledger = createLedger(100_000);
    await expect(readHeader(memory(make()), {}, ledger)).rejects.toMatchObject({
      code: 'LIMIT',
      message: expect.stringContaining('100000 bytes of memory accepted'),
    });
  });
});

describe('a large header', () => {
  /** A file of `size` bytes. All bytes behind `start` are zeros, made when they are read. */
  function zerosBehind(start: Uint8Array, size: number): ByteSource & { readonly readBytes: number } {
    let readBytes = 0;
    return {
      size,
      identity: 'zeros',
      alignment: 1,
      get readBytes() {
        return readBytes;
      },
      async readInto(target, offset) {
        readBytes += target.length;
        target.fill(0);
        if (offset < start.length) target.set(start.subarray(offset, offset + target.length));
      },
      close: async () => {},
    };
  }
  const start = (fill: (b: ByteBuilder) => void) => fileWith(fill).slice(0, -64);

  it.each([
    ['16.7 million tokens', types.string, 2 ** 24],
    ['4 million tokens and more', types.string, 2 ** 22 + 1],
    ['17 million numbers', types.u8, 2 ** 24 + 1],
  ])('%s are refused before they are loaded', async (_, of, elements) => {
    const source = zerosBehind(
      start((b) => {
        b.string('tokenizer.ggml.tokens');
        b.u32(types.array);
        array(b, of, elements);
      }),
      2 ** 28,
    );
    await expect(readGguf(source)).rejects.toMatchObject({ code: 'LIMIT' });
    expect(source.readBytes).toBeLessThan(2 * MiB);
  });

  it('long strings of a header are refused once their sum exceeds the limit', async () => {
    // Each length follows the end of the previous string.
    const bytes = byteBuilder();
    bytes.bytes(
      start((b) => {
        b.string('k');
        b.u32(types.array);
        array(b, types.string, 15);
      }),
    );
    const first = bytes.length;
    const step = 8 + 2 ** 24;
    const head = bytes.finish().slice();
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(0, 2 ** 24, true);
    let readBytes = 0;
    const source: ByteSource = {
      size: first + 15 * step + 64,
      identity: 'long strings',
      alignment: 1,
      async readInto(target, offset) {
        readBytes += target.length;
        target.fill(0x61);
        const put = (part: Uint8Array, at: number): void => {
          for (let i = 0; i < part.length; i++)
            if (at + i >= offset && at + i < offset + target.length) target[at + i - offset] = part[i] ?? 0;
        };
        put(head, 0);
        for (let i = 0; i < 15; i++) put(length, first + i * step);
      },
      close: async () => {},
    };
    await expect(readGguf(source)).rejects.toMatchObject({ code: 'LIMIT' });
    expect(readBytes).toBeLessThan(2 ** 28);
  });

  it('files of one model share the limit', async () => {
    const file = hostile[3]?.[1]() ?? new Uint8Array();
    const ledger = createLedger(Infinity);
    await readHeader(memory(file), {}, ledger);
    const one = ledger.bytes;
    const shared = createLedger(one * 1.5);
    await readHeader(memory(file), {}, shared);
    await expect(readHeader(memory(file), {}, shared)).rejects.toMatchObject({ code: 'LIMIT' });
  });
});
