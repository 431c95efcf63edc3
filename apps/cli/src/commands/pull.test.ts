import { createHash } from 'node:crypto';
import { appendFile, glob, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModelUrl } from '@rondo/demo-model';
import { encodeGguf, readGguf, splitGguf } from '@rondo/gguf';
import { http, memory, type CachedFile } from '@rondo/source';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rondo, rondoHere } from '../test-support/rondo.ts';

const model = new Uint8Array(await readFile(demoModelUrl));
const digest = createHash('sha256').update(model).digest('hex');
const MiB = 2 ** 20;

let server: RangeServer;
/** Where the hub redirects to: another origin. */
let storage: RangeServer;
let cache = '';
beforeAll(async () => {
  server = await startRangeServer();
  storage = await startRangeServer();
});
afterAll(() => Promise.all([server.close(), storage.close()]));

const environment = { ...process.env };
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'rondo-pull-'));
  Object.assign(process.env, { XDG_CACHE_HOME: cache, HF_ENDPOINT: server.origin, HF_TOKEN: 'secret' });
  for (const one of [server, storage]) {
    one.files.clear();
    one.requests.length = 0;
    one.intercept = () => false;
  }
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(cache, { recursive: true });
});

const hubPath = '/owner/repo/resolve/main/model.gguf';
const hubName = 'hf:owner/repo/model.gguf';

/** A hub as Hugging Face's: it says what the file is, and another server has it. */
function serveOnHub(promised = digest, bytes = model): void {
  storage.files.set('/blob', { bytes, etag: '"blob"' });
  server.intercept = (request, response) => {
    if (request.url !== hubPath) return false;
    response.writeHead(302, { Location: `${storage.origin}/blob`, 'X-Linked-ETag': `"${promised}"` }).end();
    return true;
  };
}

function serve(bytes: Uint8Array = model, etag = '"one"'): string {
  server.files.set('/model.gguf', { bytes, etag });
  return `${server.origin}/model.gguf`;
}

const sentBytes = (from: RangeServer) => from.requests.reduce((sum, request) => sum + request.sentBytes, 0);
const generate = (name: string) =>
  rondoHere(['generate', name, '-p', 'ROMEO:', '-n', '8', '--temperature', '0', '--threads', '1', '--json']);
const textOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { text: string }).text;
/** Not `toEqual`, which takes a second for a file of this size. */
async function expectFile(path: string, bytes: Uint8Array): Promise<void> {
  expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
}
const storedFiles = async () => (await readdir(join(cache, 'rondo', 'files'))).length;

describe('rondo pull', () => {
  it('from the hub: verified, with the token for the hub alone; then no network is needed', async () => {
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

  it('again fetches nothing but the head, and --json says so', async () => {
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
    // The token is the hub's.
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('#69 of wrong bytes is refused and leaves nothing to be used; #72 so is a digest that is none', async () => {
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

  it('#70 ended by Ctrl-C goes on where it was', async () => {
    const url = serve();
    const abort = new AbortController();
    // What is behind the first chunk never comes.
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

  it('#62 of a file that is another one now takes the place of the old one', async () => {
    const url = serve();
    await rondoHere(['pull', url]);
    serve(model.toReversed(), '"two"');
    const { stdout } = await rondoHere(['pull', url]);
    await expectFile(stdout.trim(), model.toReversed());
    expect(await storedFiles()).toBe(1);
  });

  it('what is not there, and who may not have it, is an error with its reason', async () => {
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

describe('a model by its address', () => {
  it('is read once: the second run asks the network for nothing', async () => {
    const url = serve();
    const first = await generate(url);
    expect(textOf(first)).toBe(textOf(await generate('demo')));
    expect(server.requests.length).toBeGreaterThan(0);
    server.requests.length = 0;
    expect(textOf(await generate(url))).toBe(textOf(first));
    expect(server.requests).toEqual([]);
  });

  it('works in a process of its own, which ends', async () => {
    const { code, stdout } = await rondo(['generate', serve(), '-p', 'ROMEO:', '-n', '2', '--json']);
    expect({ code, text: textOf({ stdout }) }).toEqual({ code: 0, text: expect.any(String) });
  });

  it('#62 that is another one now, and only in part stored, is SOURCE_CHANGED until it is pulled', async () => {
    const url = serve();
    await rondoHere(['inspect', url]);
    serve(model.toReversed(), '"two"');
    const changed = await generate(url);
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringMatching(/rondo pull.*SOURCE_CHANGED/) });
    serve(model, '"three"');
    await rondoHere(['pull', url]);
    expect((await generate(url)).code).toBe(0);
  });

  it('#73 is read also where nothing can be stored', async () => {
    process.env['XDG_CACHE_HOME'] = demoModelUrl.pathname;
    const { code, stderr } = await rondoHere(['inspect', serve()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/warning: Nothing more/) });
  });
});

describe('what is no model', () => {
  const stored = async () => (await readdir(join(cache, 'rondo', 'files')).catch(() => [])).length;
  const page = Buffer.from('\ufeff\n <!DOCTYPE html><title>Log in</title>');

  /** A server that sends pages as a whole, whatever part is asked for. */
  function servePage(status: number, text: Buffer | string, type = 'text/html; charset=utf-8'): string {
    server.intercept = (_, response) => {
      const bytes = Buffer.from(text);
      const range = { 'Content-Range': `bytes 0-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(status, { 'Content-Type': type, ETag: '"1"', ...(status === 206 ? range : {}) });
      response.end(bytes);
      return true;
    };
    return `${server.origin}/model.gguf`;
  }

  it.each([
    ['a page, sent in part', 206, page, 'text/html', /web page/],
    ['a page, sent as a whole', 200, page, 'text/html', /web page/],
    ['a page that is called a file', 206, page, 'application/octet-stream', /web page/],
    ['an error as JSON', 206, '{"error":"Repository not found"}', 'application/json', /JSON/],
    [
      'an error as XML',
      206,
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
      'text/xml',
      /web page/,
    ],
    ['a pointer', 206, 'version https://git-lfs.github.com/spec/v1\noid sha256:00', 'text/plain', /Git LFS/],
  ] as const)('%s: said so, nothing kept', async (_, status, text, type, message) => {
    const url = servePage(status, text as Buffer, type);
    for (const args of [
      ['pull', url],
      ['generate', url, '-p', 'a'],
      ['inspect', url],
    ]) {
      const { code, stdout, stderr } = await rondoHere(args);
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
    }
    expect(await stored()).toBe(0);
  });

  it('a page in the middle of a download: said so, and the next pull goes on from what has come', async () => {
    const url = serve();
    server.intercept = (request, response) => {
      if (request.headers.range?.startsWith('bytes=0-') === true) return false;
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      return true;
    };
    for (const args of [
      ['pull', url],
      ['generate', url, '-p', 'a'],
    ]) {
      const { code, stdout, stderr } = await rondoHere(args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/a web page came in place of the file.*RANGE_MISMATCH/);
      expect(stderr).not.toMatch(/another one now/);
    }
    server.intercept = () => false;
    expect(await rondoHere(['pull', url])).toMatchObject({ code: 0 });
  });

  it('an empty answer is no model, and is not sealed as one', async () => {
    const url = servePage(200, '', 'application/octet-stream');
    server.intercept = (_, response) => Boolean(response.writeHead(200, { 'Content-Length': 0 }).end());
    expect(await rondoHere(['pull', url])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/0 bytes.*TRUNCATED/),
    });
    expect(await stored()).toBe(0);
  });

  it('401 of an address says where the token goes; of an hf: name, how to give one', async () => {
    server.intercept = (_, response) => Boolean(response.writeHead(401).end());
    const url = await rondoHere(['pull', `${server.origin}/model.gguf`]);
    expect(url.stderr).toMatch(/401.*HF_TOKEN goes to names that begin with hf: only/);
    delete process.env['HF_TOKEN'];
    Object.assign(process.env, { HF_HOME: cache, HOME: cache });
    expect((await rondoHere(['pull', hubName])).stderr).toMatch(/401.*set HF_TOKEN/);
  });

  it('HF_ENDPOINT without a scheme is wrong usage, by name', async () => {
    process.env['HF_ENDPOINT'] = 'hub.example';
    expect(await rondoHere(['inspect', hubName])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/HF_ENDPOINT is "hub\.example"/),
    });
  });
});

describe('rondo cache', () => {
  const list = async () =>
    (JSON.parse((await rondoHere(['cache', 'list', '--json'])).stdout) as { files: CachedFile[] }).files;

  it('what a model leaves on the disk is said once, listed and deleted', async () => {
    const url = `${serve()}?secret=signed`;
    server.files.set('/model.gguf?secret=signed', { bytes: model, etag: '"one"' });
    expect(await list()).toEqual([]);
    const first = await rondoHere(['inspect', url]);
    expect(first.stderr).toContain(`is kept in ${join(cache, 'rondo')}; rondo cache lists and deletes it`);
    expect(first.stderr).not.toContain('signed');
    expect((await rondoHere(['inspect', url])).stderr).toBe('');
    expect(await list()).toMatchObject([
      { name: `${server.origin}/model.gguf`, isWhole: false, sizeBytes: model.length },
    ]);
    await rondoHere(['pull', url]);
    const [whole] = await list();
    expect(whole).toMatchObject({ isWhole: true });
    expect(whole?.storedBytes).toBeGreaterThanOrEqual(model.length);
    const { stdout } = await rondoHere(['cache', 'list']);
    expect(stdout).toMatch(/1 file, 6\.\d+ MiB\n.*whole +http:\/\/127\.0\.0\.1:\d+\/model\.gguf\n/);
    expect(stdout).not.toContain('signed');

    const deleted = await rondoHere(['cache', 'rm', url]);
    expect(deleted).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 file deleted, 6\.\d+ MiB/) });
    expect(await list()).toEqual([]);
    server.requests.length = 0;
    expect((await rondoHere(['inspect', url])).code).toBe(0);
    expect(server.requests.length).toBeGreaterThan(0);
  });

  it('prune deletes what is not whole, and what no address leads to', async () => {
    await rondoHere(['pull', serve()]);
    server.files.set('/other.gguf', { bytes: model, etag: '"other"' });
    await rondoHere(['inspect', `${server.origin}/other.gguf`]);
    expect(await list()).toHaveLength(2);
    expect((await rondoHere(['cache', 'prune'])).stderr).toMatch(/^1 file deleted/);
    expect(await list()).toMatchObject([{ isWhole: true }]);
    await rm(join(cache, 'rondo', 'addresses'), { recursive: true });
    await rondoHere(['cache', 'prune']);
    expect(await list()).toEqual([]);
  });

  it.each([
    [['cache', 'rm'], /give addresses/],
    [['cache', 'rm', 'https://example.com/none.gguf'], /nothing is stored/],
    [['cache', 'list', 'https://example.com/none.gguf'], /takes no addresses/],
    [['cache', 'clear'], /has list, rm and prune/],
    [['cache', 'rm', 'hf:o/r/m.gguf', '--all'], /give addresses/],
  ])('%j is wrong usage', async (args, message) => {
    expect(await rondoHere(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('a file that was changed on the disk is not run: its bad part is fetched again', async () => {
    const { stdout } = await rondoHere(['pull', serve()]);
    await appendFile(stdout.trim(), 'more');
    server.requests.length = 0;
    const again = await rondoHere(['pull', `${server.origin}/model.gguf`, '--sha256', digest]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/SHA-256 verified/) });
    await expectFile(again.stdout.trim(), model);
    const bytes = await readFile(again.stdout.trim());
    bytes[5 * MiB] ^= 1;
    await writeFile(again.stdout.trim(), bytes);
    expect(textOf(await generate(`${server.origin}/model.gguf`))).toBe(textOf(await generate('demo')));
  });

  it('notes and files are nobody else’s to read', async () => {
    await rondoHere(['pull', serve()]);
    const names = await readdir(join(cache, 'rondo'), { recursive: true });
    const modes = await Promise.all(
      names.map(async (name) => (await stat(join(cache, 'rondo', name))).mode & 0o077),
    );
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(modes)).toEqual(new Set([0]));
  });
});

describe('a long header', () => {
  const bytesOfTensors = 24 * MiB;

  /** A file with so many bytes of vocabulary, and tensors behind it. */
  async function withHeader(headerBytes: number): Promise<{ bytes: Uint8Array; headerBytes: number }> {
    const token = 'x'.repeat(56);
    const tokens = Array.from({ length: headerBytes / 64 }, () => token);
    const bytes = await encodeGguf({
      metadata: [['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokens }]],
      tensors: [
        { name: 'weights', dtype: 'F32', shape: [bytesOfTensors / 4], data: new Uint8Array(bytesOfTensors) },
      ],
    });
    return { bytes, headerBytes: bytes.length - bytesOfTensors };
  }

  it.each([0.1, 0.9, 3, 8, 13])(
    'of %d MiB takes two requests at most, and no more than is read ahead',
    async (size) => {
      const { bytes, headerBytes } = await withHeader(size * MiB);
      const url = serve(bytes);
      const source = await http(url);
      expect((await readGguf(source)).tensors.size).toBe(1);
      await source.close();
      expect(server.requests.length).toBeLessThanOrEqual(headerBytes > MiB ? 2 : 1);
      const asked = server.requests.map(({ headers }) =>
        (headers.range ?? '').slice(6).split('-').map(Number),
      );
      const askedBytes = asked.reduce((sum, [first = 0, last = 0]) => sum + last + 1 - first, 0);
      expect(askedBytes).toBeLessThanOrEqual(headerBytes + 16 * MiB + MiB);

      server.requests.length = 0;
      expect((await rondoHere(['inspect', url])).code).toBe(0);
      expect(server.requests.length).toBeLessThanOrEqual(2);
      expect(sentBytes(server)).toBeLessThanOrEqual(17 * MiB);
      server.requests.length = 0;
      expect((await rondoHere(['inspect', url])).code).toBe(0);
      expect(server.requests).toEqual([]);
      expect((await stat(join(cache, 'rondo'))).isDirectory()).toBe(true);
    },
  );
});

describe('a split model', () => {
  const parts = async () => {
    const { metadata, tensors } = await readGguf(memory(model));
    const whole = {
      metadata,
      tensors: [...tensors.values()].map(({ offset, bytes, ...tensor }) => ({
        ...tensor,
        data: model.subarray(offset, offset + bytes),
      })),
    };
    return Promise.all(splitGguf(whole, 2).map((part) => encodeGguf(part)));
  };

  it('is found by the address of any of its files, and pulled as a whole', async () => {
    for (const [index, bytes] of (await parts()).entries())
      server.files.set(`/m-0000${index + 1}-of-00002.gguf`, { bytes, etag: `"${index}"` });
    const name = `${server.origin}/m-00002-of-00002.gguf`;
    expect(textOf(await generate(name))).toBe(textOf(await generate('demo')));
    const pulled = await rondoHere(['pull', name, '--json']);
    expect(pulled.stdout.trim().split('\n')).toHaveLength(2);
    server.files.clear();
    expect(textOf(await generate(name))).toBe(textOf(await generate('demo')));
  });

  it('38: is refused when one of its files is not there', async () => {
    const [first] = await parts();
    if (first) server.files.set('/m-00001-of-00002.gguf', { bytes: first, etag: '"1"' });
    expect(await generate(`${server.origin}/m-00001-of-00002.gguf`)).toMatchObject({ code: 1, stdout: '' });
  });

  it('has no digest of its own', async () => {
    const args = ['pull', `${server.origin}/m-00001-of-00002.gguf`, '--sha256', digest];
    expect(await rondoHere(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/for each of its files/),
    });
  });
});
