import { memory, type ByteSource } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import {
  checkIsNoPart,
  encodeGguf,
  openShards,
  readShards,
  shardNames,
  type MetadataValue,
  type TensorToWrite,
} from './index.ts';

const text = (value: string): MetadataValue => ({ type: 'string', value });
const tensor = (name: string, fill: number): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape: [2],
  data: new Uint8Array(8).fill(fill),
});

interface Shard {
  readonly number: number;
  readonly count?: number;
  readonly tensorCount?: number;
  readonly more?: readonly [string, MetadataValue][];
  readonly tensors: readonly TensorToWrite[];
}

/** One file as `gguf-split` writes it: only the first file has the model's own metadata. */
const shard = async ({
  number,
  count = 3,
  tensorCount = 3,
  more = [],
  tensors,
}: Shard): Promise<ByteSource> =>
  memory(
    await encodeGguf({
      metadata: [
        ...(number === 0 ? ([['general.architecture', text('llama')]] as const) : []),
        ['split.no', { type: 'u16', value: number }],
        ['split.count', { type: 'u16', value: count }],
        ['split.tensors.count', { type: 'i32', value: tensorCount }],
        ...more,
      ],
      tensors,
    }),
  );

const first = () => shard({ number: 0, tensors: [tensor('a', 1)] });
const second = () => shard({ number: 1, tensors: [tensor('b', 2)] });
const third = () => shard({ number: 2, tensors: [tensor('c', 3)] });

it('readShards joins the files of a model, with tensor offsets in the joined source', async () => {
  const parts = await Promise.all([first(), second(), third()]);
  const { gguf, source } = await readShards(parts.map((part) => ({ ...part, alignment: 4096 })));
  expect(source.alignment).toBe(4096);
  expect([...gguf.metadata.keys()]).toEqual(['general.architecture']);
  const read = [];
  for (const { name, offset, bytes } of gguf.tensors.values()) {
    const target = new Uint8Array(bytes);
    await source.readInto(target, offset);
    read.push([name, ...target.slice(0, 2)]);
  }
  expect(read).toEqual([
    ['a', 1, 1],
    ['b', 2, 2],
    ['c', 3, 3],
  ]);
});

it('readShards reads a file that is not split unchanged', async () => {
  const source = memory(await encodeGguf({ metadata: [], tensors: [tensor('a', 1)] }));
  expect((await readShards([source])).source).toBe(source);
});

describe('bad input', () => {
  const mismatch = (sources: Promise<ByteSource>[]) =>
    expect(Promise.all(sources).then((all) => readShards(all))).rejects.toMatchObject({
      code: 'SHARD_MISMATCH',
    });

  it('row 38: a shard missing', async () => {
    await mismatch([first(), second()]);
    await mismatch([first()]);
    await mismatch([third()]);
  });
  it('row 39: a shard from another model, or out of order, or there twice', async () => {
    const stranger = (more: Shard['more'], tensorCount = 3) =>
      shard({ number: 1, tensorCount, more: more ?? [], tensors: [tensor('b', 2)] });
    await mismatch([first(), stranger([['general.architecture', text('qwen3')]]), third()]);
    await mismatch([first(), stranger([], 9), third()]);
    await mismatch([first(), shard({ number: 1, tensors: [tensor('a', 2)] }), third()]);
    await mismatch([first(), third(), second()]);
    await mismatch([first(), first(), third()]);
  });
  it('row 40: a count that lies', async () => {
    await mismatch([first(), shard({ number: 1, count: 4, tensors: [tensor('b', 2)] }), third()]);
    const of4 = (number: number, name: string) =>
      shard({ number, tensorCount: 4, tensors: [tensor(name, 1)] });
    await mismatch([of4(0, 'a'), of4(1, 'b'), of4(2, 'c')]);
    await mismatch([shard({ number: 0, count: 65_535, tensors: [] })]);
  });
});

it('shardNames gives the names of all files from the name of any file', () => {
  expect(shardNames('dir/m-00002-of-00003.gguf')).toEqual([
    'dir/m-00001-of-00003.gguf',
    'dir/m-00002-of-00003.gguf',
    'dir/m-00003-of-00003.gguf',
  ]);
  expect(shardNames('https://x/m-00001-of-00002.gguf?download=true')?.[1]).toBe(
    'https://x/m-00002-of-00002.gguf?download=true',
  );
  expect(shardNames('hf:o/r/m-00001-of-00002.gguf@main')).toEqual([
    'hf:o/r/m-00001-of-00002.gguf@main',
    'hf:o/r/m-00002-of-00002.gguf@main',
  ]);
  expect(shardNames('HF:o/r/sub/m-00002-of-00002.gguf@refs/pr/1')?.[0]).toBe(
    'HF:o/r/sub/m-00001-of-00002.gguf@refs/pr/1',
  );
  expect(shardNames('dir/M-00002-OF-00002.GGUF')?.[0]).toBe('dir/M-00001-OF-00002.GGUF');
  // In names outside the hub, `@` is a letter.
  expect(shardNames('m-00001-of-00002.gguf@main')).toBeUndefined();
  for (const name of ['m.gguf', 'm-00000-of-00003.gguf', 'm-00004-of-00003.gguf', 'm-00001-of-99999.gguf'])
    expect(shardNames(name)).toBeUndefined();
});

it.each([
  ['m.gguf.part1of2', 'cat m.gguf.part1of2 … m.gguf.part2of2 > m.gguf'],
  ['dir/m.GGUF.PART2OF3', 'piece 2 of 3'],
  ['hf:o/r/m.gguf.part2of2@main', 'm.gguf.part2of2'],
  ['https://x/m.gguf-split-a?download=true', 'cat m.gguf-split-* > m.gguf'],
])('a piece of a file is no model, and is told how to be joined: %s', (name, advice) => {
  expect(() => checkIsNoPart(name)).toThrow(
    expect.objectContaining({ code: 'NOT_A_MODEL', message: expect.stringContaining(advice) }),
  );
});

it('the name of a whole file is not taken for the name of a piece', () => {
  for (const name of ['m.gguf', 'm-00001-of-00002.gguf', 'part1of2.gguf', 'banana-split-a.gguf'])
    expect(() => checkIsNoPart(name)).not.toThrow();
});

describe('files one behind the other', () => {
  const bytesOf = async (source: ByteSource) => {
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return bytes;
  };
  it.each([
    ['all', [first, second, third]],
    ['the last two', [second, third]],
    ['in another order', [third, first]],
  ])('%s of a split model are refused by what they are', async (_, parts) => {
    const joined = new Blob(await Promise.all(parts.map(async (part) => bytesOf(await part()))));
    await expect(readShards([memory(await joined.bytes())])).rejects.toMatchObject({
      code: 'SHARD_MISMATCH',
      message: expect.stringMatching(/one behind the other.*llama-gguf-split --merge/),
    });
  });
});

describe('opening by name', () => {
  it('openShards reads the number of files from the first file before it opens others', async () => {
    const opened: string[] = [];
    let closed = 0;
    const opening = openShards('m-00007-of-01500.gguf', async (name) => {
      opened.push(name);
      const source = await first();
      return { ...source, close: async () => void (closed += 1) };
    });
    await expect(opening).rejects.toMatchObject({
      code: 'SHARD_MISMATCH',
      details: { named: 1500, count: 3 },
    });
    expect([opened, closed]).toEqual([['m-00001-of-01500.gguf'], 1]);
  });

  it('openShards opens eight files at a time', async () => {
    const count = 30;
    let [open, most] = [0, 0];
    const files = await openShards(`m-00001-of-000${count}.gguf`, async (name) => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return shard({ number: Number(name.slice(2, 7)) - 1, count, tensors: [] });
    });
    expect([files.length, most]).toEqual([count, 8]);
  });
});
