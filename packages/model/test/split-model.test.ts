// A model in several files gives the tokens of the same model in one, streamed from all of them.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGguf, splitGguf, writeGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { CONTEXT, demoBytes, greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const COUNT = 3;
let folder = '';
const path = (number: number) =>
  join(folder, `demo-${String(number).padStart(5, '0')}-of-${String(COUNT).padStart(5, '0')}.gguf`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-split-'));
  const bytes = await demoBytes();
  const { metadata, tensors } = await readGguf(memory(bytes));
  const whole = {
    metadata,
    tensors: [...tensors.values()].map(({ offset, bytes: length, ...tensor }) => ({
      ...tensor,
      data: bytes.subarray(offset, offset + length),
    })),
  };
  for (const [index, part] of splitGguf(whole, COUNT).entries())
    await writeFile(path(index + 1), writeGguf(part));
});
afterAll(() => rm(folder, { recursive: true }));

it('is opened by the path of any of its files, and gives the same tokens', async () => {
  await using whole = await loadDemo();
  const expected = await greedy(whole, 'ROMEO:', 12);
  for (const memoryAmount of ['auto', THREE_LAYERS] as const) {
    await using split = await loadModel(path(2), { context: CONTEXT, memory: memoryAmount });
    expect(await greedy(split, 'ROMEO:', 12)).toEqual(expected);
  }
});

it('38: without one of its files it is not opened, and nothing stays open', async () => {
  const openFiles = async () => (await readdir('/proc/self/fd').catch(() => [])).length;
  await rm(path(3));
  const before = await openFiles();
  await expect(loadModel(path(1))).rejects.toMatchObject({ code: 'READ_FAILED' });
  expect(await openFiles()).toBe(before);
});
