import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';
import {
  model,
  digest,
  MiB,
  server,
  storage,
  cache,
  hubName,
  serveOnHub,
  serve,
  sentBytes,
  generate,
  textOf,
  expectFile,
  storedFiles,
} from '../test-support/remote.ts';

describe('rondo pull', () => {
  it('rondo pull from the hub verifies the file and sends the token to the hub only; then no network is needed', async () => {
    serveOnHub();
    const pulled = await rondoHere(['pull', hubName]);
    expect(pulled).toMatchObject({ code: 0, stderr: expect.stringMatching(/6\.69 MiB.*SHA-256 verified/) });
    await expectFile(pulled.stdout.trim(), model);
    expect(pulled.stdout.startsWith(join(cache, 'rondo'))).toBe(true);
    expect(server.requests.map(({ headers }) => headers.authorization)).toContain('Bearer secret');
    expect(storage.requests.map(({ headers }) => headers.authorization)).not.toContain('Bearer secret');

    server.requests.length = storage.requests.length = 0;
    expect(textOf(await generate(hubName))).toBe(textOf(await generate('demo')));
    expect((await rondoHere(['inspect', hubName])).stdout).toContain('GGUF version 3');
    expect([...server.requests, ...storage.requests]).toEqual([]);
  });

  it('a second rondo pull fetches only the head, and --json says so', async () => {
    const url = serve();
    expect((await rondoHere(['pull', url])).stderr).toMatch(/not verified: no SHA-256 is known/);
    server.requests.length = 0;
    const { stdout } = await rondoHere(['pull', url, '--json', '--sha256', digest.toUpperCase()]);
    expect(JSON.parse(stdout)).toEqual({
      path: expect.stringContaining(cache),
      sizeBytes: model.length,
      fetchedBytes: 0,
      sha256: digest,
    });
    expect(sentBytes(server)).toBe(MiB);
    // The token belongs to the hub.
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('#69 rondo pull of wrong bytes is refused and leaves nothing usable; #72 so is an invalid digest', async () => {
    serveOnHub(digest, model.toReversed());
    const { code, stdout, stderr } = await rondoHere(['pull', hubName]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/DIGEST_MISMATCH/);
    serveOnHub('a'.repeat(63));
    expect(await rondoHere(['pull', hubName])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/READ_FAILED/),
    });
    serveOnHub();
    const again = await rondoHere(['pull', hubName]);
    expect(again.code).toBe(0);
    await expectFile(again.stdout.trim(), model);
  });

  it('#70 rondo pull ended by Ctrl-C continues where it stopped', async () => {
    const url = serve();
    const abort = new AbortController();
    // Bytes behind the first chunk never come.
    server.intercept = (request, response) => {
      const start = Number(/^bytes=(\d+)/.exec(request.headers.range ?? '')?.[1]);
      if (start === 0) return false;
      const range = `bytes ${start}-${model.length - 1}/${model.length}`;
      response.writeHead(206, { ETag: '"one"', 'Content-Range': range });
      response.write(model.subarray(start, Math.max(start + 1, 4.5 * MiB)));
      return true;
    };
    const ending = rondoHere(['pull', url], { signal: abort.signal });
    const list = join(cache, 'rondo', 'files', '*', `chunks-${4 * MiB}`);
    for (let stored = 0; stored === 0; await new Promise((resolve) => setTimeout(resolve, 10))) {
      for await (const path of glob(list)) stored = (await stat(path)).size;
    }
    abort.abort();
    expect(await ending).toMatchObject({ code: 130, stdout: '' });
    server.intercept = () => false;
    server.requests.length = 0;
    const { stdout } = await rondoHere(['pull', url, '--json']);
    const { path, fetchedBytes } = JSON.parse(stdout) as { path: string; fetchedBytes: number };
    expect(fetchedBytes).toBe(model.length - 4 * MiB);
    await expectFile(path, model);
  });

  it('#62 rondo pull of a changed file replaces the old file', async () => {
    const url = serve();
    await rondoHere(['pull', url]);
    serve(model.toReversed(), '"two"');
    const { stdout } = await rondoHere(['pull', url]);
    await expectFile(stdout.trim(), model.toReversed());
    expect(await storedFiles()).toBe(1);
  });

  it('rondo pull of a missing or forbidden file is an error with its reason', async () => {
    expect(await rondoHere(['pull', hubName])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/404.*READ_FAILED/),
    });
    server.intercept = (_, response) => Boolean(response.writeHead(401).end());
    const { stderr } = await rondoHere(['pull', hubName]);
    expect(stderr).toMatch(/401.*token/);
    expect(stderr).not.toContain('secret');
  });
});
