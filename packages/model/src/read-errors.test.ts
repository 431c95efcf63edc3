// Rows 62, 67-68 and 101: a source that fails under a running model fails that request, and only that one.
import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RondoError } from '@rondo/errors';
import { http } from '@rondo/source';
import { hookedSource, startRangeServer } from '@rondo/testkit';
import { expect, it } from 'vitest';
import { loadModel } from './load-model.ts';
import { CONTEXT, demoBytes, demoSource, greedy, THREE_LAYERS } from './test-support/demo.ts';

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
