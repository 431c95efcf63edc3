import type { ByteSource } from '@rondo/source';
import { expect, it } from 'vitest';
import { headerReader } from './header-reader.ts';

/** A file of a terabyte. Its byte at offset n is n modulo 251. */
function hugeSource(): ByteSource & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    size: 2 ** 40,
    identity: 'huge',
    alignment: 1,
    reads,
    async readInto(target, offset) {
      reads.push(target.length);
      for (let i = 0; i < target.length; i++) target[i] = (offset + i) % 251;
    },
    close: async () => {},
  };
}

it('an entry that runs past the loaded window is parsed again from its beginning, and earlier entries are not', async () => {
  const reader = headerReader(hugeSource());
  const seen: number[] = [];
  for (const bytes of [1000, 2 ** 20, 5, 3 * 2 ** 20, 7]) {
    const { start, first, last } = await reader.parse((cursor) => {
      const start = cursor.position;
      const [first] = cursor.take(1, 'first');
      const last = cursor.take(bytes - 1, 'rest').at(-1);
      return { start, first, last };
    });
    seen.push(start);
    expect([first, last]).toEqual([start % 251, (start + bytes - 1) % 251]);
  }
  expect(seen).toEqual([0, 1000, 1000 + 2 ** 20, 1005 + 2 ** 20, 1005 + 4 * 2 ** 20]);
});

it('the header reader fetches all bytes of one entry at once', async () => {
  const source = hugeSource();
  await headerReader(source).parse((cursor) => cursor.take(2 ** 23, 'much').length);
  expect(source.reads).toEqual([2 ** 23]);
});

it('the header reader does not fetch a header longer than the limit', async () => {
  const source = hugeSource();
  const parsing = headerReader(source).parse((cursor) => cursor.take(2 ** 28 + 1, 'too much'));
  await expect(parsing).rejects.toMatchObject({ code: 'LIMIT' });
  expect(source.reads).toEqual([]);
});

it('peeking moves no cursor and stops at the end of the file', async () => {
  const source = { ...hugeSource(), size: 10 };
  const reader = headerReader(source);
  const [peeked, position] = await reader.parse((cursor) => [cursor.peek(64).length, cursor.position]);
  expect([peeked, position]).toEqual([10, 0]);
});
