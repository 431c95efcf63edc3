import { memory, type ByteSource } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { encodeGguf, readShards, shardNames, type MetadataValue, type TensorToWrite } from './index.ts';

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

/** As `gguf-split` writes it: only the first file has the model's own metadata. */
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

it('joins the files of a model, tensors at their place in the whole', async () => {
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

it('reads one file that is not split as it is', async () => {
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

it('knows the names of all files from that of any', () => {
  expect(shardNames('dir/m-00002-of-00003.gguf')).toEqual([
    'dir/m-00001-of-00003.gguf',
    'dir/m-00002-of-00003.gguf',
    'dir/m-00003-of-00003.gguf',
  ]);
  expect(shardNames('https://x/m-00001-of-00002.gguf?download=true')?.[1]).toBe(
    'https://x/m-00002-of-00002.gguf?download=true',
  );
  for (const name of ['m.gguf', 'm-00000-of-00003.gguf', 'm-00004-of-00003.gguf', 'm-00001-of-99999.gguf'])
    expect(shardNames(name)).toBeUndefined();
});
