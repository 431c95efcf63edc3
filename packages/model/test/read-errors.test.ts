// Rows 62, 67-68 and 101: a source that fails under a running model fails that request, and only that one.
import { appendFile, chmod, link, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RondoError } from '@rondo/errors';
import { http } from '@rondo/source';
import { hookedSource, startRangeServer } from '@rondo/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { CONTEXT, demoBytes, demoSource, greedy, THREE_LAYERS } from './support/demo.ts';

const streamed = { context: CONTEXT, memory: THREE_LAYERS };

it('a read error at any layer ends the request with that error; the next one works', async () => {
  let fail = false;
  const failure = new RondoError('READ_FAILED', 'The disk is gone.');
  const source = hookedSource(await demoSource(), () => {
    if (fail) throw failure;
  });
  await using model = await loadModel(source, streamed);
  const expected = await greedy(model, 'ROMEO:', 5);
  for (let round = 0; round < 3; round++) {
    const generation = model.generate('JULIET:', { maxTokens: 50, temperature: 0 });
    for (let token = 0; token < round; token++) await generation.next();
    fail = true;
    await expect(generation.next()).rejects.toBe(failure);
    fail = false;
    expect(await greedy(model, 'ROMEO:', 5)).toEqual(expected);
  }
});

it('a file that is truncated or replaced is SOURCE_CHANGED; once it is back, the next request works', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-changed-'));
  try {
    const path = join(folder, 'model.gguf');
    const bytes = await demoBytes();
    const restore = async () => {
      await writeFile(path, bytes);
      await utimes(path, 1e9, 1e9);
    };
    await restore();
    await using model = await loadModel(path, streamed);
    const expected = await greedy(model, 'ROMEO:', 5);
    for (const spoil of [
      () => truncate(path, 100_000),
      () => writeFile(path, new Uint8Array(bytes.length)),
    ]) {
      await spoil();
      await expect(greedy(model, 'JULIET:', 5)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
      await restore();
      expect(await greedy(model, 'ROMEO:', 5)).toEqual(expected);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('29: a file that changes under a running model', () => {
  let folder = '';
  let path = '';
  let bytes = new Uint8Array();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rondo-changing-'));
    path = join(folder, 'model.gguf');
    bytes = new Uint8Array(await demoBytes());
    await writeFile(path, bytes);
    await utimes(path, 1e9, 1e9);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The same size, and other weights behind the header. */
  const otherWeights = () => bytes.map((byte, index) => (index < 1_000_000 ? byte : 0));

  it.each<[string, () => Promise<void>]>([
    ['is touched', () => utimes(path, 2e9, 2e9)],
    ['is written over with the same bytes', () => writeFile(path, bytes)],
    ['is written over with other weights of the same size', () => writeFile(path, otherWeights())],
    ['is cut short', () => truncate(path, 1_000_000)],
    ['is cut to nothing', () => truncate(path, 0)],
    ['grows', () => appendFile(path, new Uint8Array(32))],
  ])(
    'that %s: each request says that the model has to be loaded anew, and loading anew works',
    async (_, change) => {
      await using model = await loadModel(path, streamed);
      expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
      await change();
      for (const prompt of ['JULIET:', 'ROMEO:']) {
        await expect(greedy(model, prompt, 3)).rejects.toMatchObject({
          code: 'SOURCE_CHANGED',
          message: expect.stringMatching(
            /model\.gguf changed while it was open: .*a model has to be loaded anew/,
          ),
          details: { path },
        });
      }
      // What was cut short is no model any more: whoever has it again loads it.
      await writeFile(path, bytes);
      await using again = await loadModel(path, streamed);
      expect(await greedy(again, 'ROMEO:', 2)).toHaveLength(2);
    },
  );

  it.each<[string, () => Promise<void>]>([
    ['is deleted', () => rm(path)],
    ['is moved elsewhere', () => rename(path, `${path}.moved`)],
    [
      'is replaced by another file of the same size',
      async () => {
        await writeFile(`${path}.new`, otherWeights());
        await rename(`${path}.new`, path);
      },
    ],
    ['has other rights', () => chmod(path, 0o400)],
    ['gets a second name', () => link(path, `${path}.second`)],
  ])('that %s: the model goes on with the file that it has opened', async (_, change) => {
    await using model = await loadModel(path, streamed);
    const expected = await greedy(model, 'ROMEO:', 5);
    await change();
    expect(await greedy(model, 'JULIET:', 3)).toHaveLength(3);
    expect(await greedy(model, 'ROMEO:', 5)).toEqual(expected);
  });
});

it('a server that breaks off, is overloaded or serves another revision: retried or told, never mixed', async () => {
  const server = await startRangeServer();
  try {
    const bytes = await demoBytes();
    const file = { bytes, etag: '"one"' };
    server.files.set('/model.gguf', file);
    const source = await http(`${server.origin}/model.gguf`, {
      readAheadBytes: 0,
      attempts: 12,
      backoffMs: 1,
      maxBackoffMs: 4,
    });
    await using model = await loadModel(source, streamed);
    const expected = await greedy(model, 'ROMEO:', 3);
    // Of three answers one fails: it is asked for again.
    server.intercept = (_, response, index) => {
      if (index % 6 === 0) response.writeHead(503).end();
      else if (index % 6 === 3) response.destroy();
      return index % 3 === 0;
    };
    expect(await greedy(model, 'ROMEO:', 3)).toEqual(expected);
    server.intercept = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(greedy(model, 'JULIET:', 3)).rejects.toMatchObject({ code: 'READ_FAILED' });
    server.intercept = () => false;
    server.files.set('/model.gguf', { bytes: new Uint8Array(bytes.length), etag: '"two"' });
    await expect(greedy(model, 'JULIET:', 3)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    server.files.set('/model.gguf', file);
    expect(await greedy(model, 'ROMEO:', 3)).toEqual(expected);
    await model.dispose();
    await source.close();
  } finally {
    await server.close();
  }
});
