import { hookedSource } from '@rondo/testkit';
import { expect, it } from 'vitest';
import { memory, shards, type ByteSource } from './index.ts';

function aligned(bytes: number, alignment: number): ByteSource {
  return { ...memory(new Uint8Array(bytes)), alignment };
}

it.each([
  ['each begins at a multiple', [aligned(8192, 4096), aligned(100, 4096)], 4096],
  ['the second begins elsewhere', [aligned(8191, 4096), aligned(100, 4096)], 1],
  ['one needs less', [aligned(4096, 512), aligned(100, 4096)], 4096],
  ['none has any', [aligned(3, 1), aligned(5, 1)], 1],
])('aligned as far as its parts are: %s', (_, sources, alignment) => {
  expect(shards(sources).alignment).toBe(alignment);
});

it('joined sources read only the requested bytes of the requested parts', async () => {
  const reads: [number, number, number][] = [];
  const parts = [10, 0, 20, 30].map((bytes, part) =>
    hookedSource(memory(new Uint8Array(bytes).fill(part)), ({ offset, bytes }) => {
      reads.push([part, offset, bytes]);
    }),
  );
  const target = new Uint8Array(25);
  await shards(parts).readInto(target, 8);
  expect(reads).toEqual([
    [0, 8, 2],
    [2, 0, 20],
    [3, 0, 3],
  ]);
  expect([...target]).toEqual([0, 0, ...Array<number>(20).fill(2), 3, 3, 3]);
});

it('joined sources begin each part at a given multiple, with zeros between', async () => {
  const parts = [5, 4, 3].map((bytes, part) => memory(new Uint8Array(bytes).fill(part + 1)));
  const whole = shards(parts, { startMultiple: 4 });
  expect(whole).toMatchObject({ starts: [0, 8, 12], size: 15 });
  const target = new Uint8Array(15).fill(9);
  await whole.readInto(target, 0);
  expect([...target]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 2, 2, 2, 2, 3, 3, 3]);
  expect(shards([aligned(5, 512), aligned(5, 4096)], { startMultiple: 'alignment' })).toMatchObject({
    starts: [0, 4096],
    alignment: 4096,
  });
});

it('joined sources in another order have another identity, and an empty list is refused', () => {
  const [a, b] = [memory(new Uint8Array(1), 'a'), memory(new Uint8Array(1), 'b')];
  expect(shards([a, b]).identity).not.toBe(shards([b, a]).identity);
  expect(() => shards([])).toThrowError(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

it('closing joined sources closes all parts', async () => {
  const parts = [memory(new Uint8Array(1)), memory(new Uint8Array(1))];
  await shards(parts).close();
  for (const part of parts)
    await expect(part.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'CLOSED' });
});
