// A model can be given in several ways; the library and the command line accept the same ways.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeGguf, readGguf, splitGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../load-model.ts';
import { openFiles, type ModelSource } from './open-files.ts';
import { demoBytes, demoPath, greedy } from '../../test/support/demo.ts';

const demoIds = [198, 40, 451, 716, 288, 11];
const model = new Uint8Array(await demoBytes());
let server: RangeServer;
let folder = '';
beforeAll(async () => {
  server = await startRangeServer();
});
afterAll(() => server.close());
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-open-'));
  Object.assign(process.env, { XDG_CACHE_HOME: folder, HF_ENDPOINT: server.origin, HF_TOKEN: ' secret\n' });
  server.files.clear();
  server.requests.length = 0;
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true });
});

async function idsOf(source: ModelSource): Promise<number[]> {
  await using loaded = await loadModel(source, { context: 64 });
  return await greedy(loaded, 'ROMEO:', demoIds.length);
}

it.each<[string, () => ModelSource]>([
  ['demo', () => 'demo'],
  ['a path', () => demoPath],
  ['a file URL', () => pathToFileURL(demoPath)],
  ['a file URL as a text', () => pathToFileURL(demoPath).href],
  ['a blob', () => new Blob([model])],
  ['a file that a user picked', () => new File([model], 'model.gguf')],
  ['bytes', () => model],
  ['an array buffer', () => model.slice().buffer],
  ['a source', () => memory(model)],
  ['a list of sources', () => [memory(model)]],
])('%s', async (_, source) => {
  expect(await idsOf(source())).toEqual(demoIds);
});

describe('by address', () => {
  it('hf: names get the token of the hub, without blanks; what was read is not fetched again', async () => {
    server.files.set('/o/r/resolve/main/model.gguf', { bytes: model, etag: '"1"' });
    expect(await idsOf('hf:o/r/model.gguf')).toEqual(demoIds);
    expect(server.requests.map(({ headers }) => headers.authorization)).toContain('Bearer secret');
    server.files.clear();
    expect(await idsOf('hf:o/r/model.gguf')).toEqual(demoIds);
  });

  it('an https address, as a text or a URL, gets no token', async () => {
    server.files.set('/model.gguf', { bytes: model, etag: '"1"' });
    expect(await idsOf(`${server.origin}/model.gguf`)).toEqual(demoIds);
    expect(await idsOf(new URL(`${server.origin}/model.gguf`))).toEqual(demoIds);
    expect(server.requests.map(({ headers }) => headers.authorization)).not.toContain('Bearer secret');
  });

  it('all files of a split model, behind a revision', async () => {
    const { metadata, tensors } = await readGguf(memory(model));
    const whole = {
      metadata,
      tensors: [...tensors.values()].map(({ offset, bytes, ...tensor }) => ({
        ...tensor,
        data: model.subarray(offset, offset + bytes),
      })),
    };
    for (const [index, part] of splitGguf(whole, 2).entries()) {
      const bytes = await encodeGguf(part);
      server.files.set(`/o/r/resolve/v1/m-0000${index + 1}-of-00002.gguf`, { bytes, etag: `"${index}"` });
    }
    expect(await idsOf('hf:o/r/m-00002-of-00002.gguf@v1')).toEqual(demoIds);
  });

  it('a page in place of the file is refused, and nothing is stored', async () => {
    server.files.set('/model.gguf', {
      bytes: Buffer.from('<!DOCTYPE html><title>Log in</title>'),
      etag: '"1"',
    });
    await expect(loadModel(`${server.origin}/model.gguf`)).rejects.toMatchObject({
      code: 'BAD_MAGIC',
      message: expect.stringContaining('web page'),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['an empty text', ''],
  ['an empty list', []],
  ['an object', {}],
  ['a number', 7],
  ['a list of paths', ['a.gguf']],
])('%s is refused with what is accepted', async (_, source) => {
  await expect(openFiles(source as ModelSource)).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('given as a path, an address'),
  });
});

it('a piece of a file is refused by name before it is opened', async () => {
  await writeFile(join(folder, 'm.gguf.part1of2'), model.subarray(0, 100_000));
  await expect(loadModel(join(folder, 'm.gguf.part1of2'))).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
});
