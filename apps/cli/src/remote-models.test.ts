// Models by their addresses, for every command: what is kept, what is refused, and how little of a file is fetched.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { demoModelUrl } from '@rondo/demo-model';
import { encodeGguf, readGguf, splitGguf } from '@rondo/gguf';
import { http, memory } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { rondo, rondoHere } from './test-support/rondo.ts';
import {
  model,
  digest,
  MiB,
  server,
  cache,
  hubName,
  serve,
  sentBytes,
  generate,
  textOf,
} from './test-support/remote.ts';

describe('a model by its address', () => {
  it('a model by its address is read once: the second run sends no request', async () => {
    const url = serve();
    const first = await generate(url);
    expect(textOf(first)).toBe(textOf(await generate('demo')));
    expect(server.requests.length).toBeGreaterThan(0);
    server.requests.length = 0;
    expect(textOf(await generate(url))).toBe(textOf(first));
    expect(server.requests).toEqual([]);
  });

  it('a command on a model by its address ends its process', async () => {
    const { code, stdout } = await rondo(['generate', serve(), '-p', 'ROMEO:', '-n', '2', '--json']);
    expect({ code, text: textOf({ stdout }) }).toEqual({ code: 0, text: expect.any(String) });
  });

  it('#62 a partly stored model that has changed is SOURCE_CHANGED until it is pulled', async () => {
    const url = serve();
    await rondoHere(['inspect', url]);
    serve(model.toReversed(), '"two"');
    const changed = await generate(url);
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringMatching(/rondo pull.*SOURCE_CHANGED/) });
    serve(model, '"three"');
    await rondoHere(['pull', url]);
    expect((await generate(url)).code).toBe(0);
  });

  it('#73 a model by its address is read even if nothing can be stored', async () => {
    process.env['XDG_CACHE_HOME'] = demoModelUrl.pathname;
    const { code, stderr } = await rondoHere(['inspect', serve()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/warning: Nothing more/) });
  });
});

describe('what is no model', () => {
  const stored = async () => (await readdir(join(cache, 'rondo', 'files')).catch(() => [])).length;
  const page = Buffer.from('\ufeff\n <!DOCTYPE html><title>Log in</title>');

  /** A server that sends pages as a whole, whatever part is requested. */
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

  it('a page in the middle of a download is named, and the next pull continues from the stored bytes', async () => {
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

  it('an empty answer is no model, and is not sealed', async () => {
    const url = servePage(200, '', 'application/octet-stream');
    server.intercept = (_, response) => Boolean(response.writeHead(200, { 'Content-Length': 0 }).end());
    expect(await rondoHere(['pull', url])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/0 bytes.*TRUNCATED/),
    });
    expect(await stored()).toBe(0);
  });

  it('status 401 of an address says where the token goes; of an hf: name, how to give a token', async () => {
    server.intercept = (_, response) => Boolean(response.writeHead(401).end());
    const url = await rondoHere(['pull', `${server.origin}/model.gguf`]);
    expect(url.stderr).toMatch(/401.*HF_TOKEN goes to names that begin with hf: only/);
    delete process.env['HF_TOKEN'];
    Object.assign(process.env, { HF_HOME: cache, HOME: cache });
    expect((await rondoHere(['pull', hubName])).stderr).toMatch(/401.*set HF_TOKEN/);
  });

  it('HF_ENDPOINT without a scheme is wrong usage that names the variable', async () => {
    process.env['HF_ENDPOINT'] = 'hub.example';
    expect(await rondoHere(['inspect', hubName])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/HF_ENDPOINT is "hub\.example"/),
    });
  });
});

describe('a long header', () => {
  const bytesOfTensors = 24 * MiB;

  /** A file with this many bytes of vocabulary, and tensors behind it. */
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

  it('a split model is found by the address of any of its files, and pulled as a whole', async () => {
    for (const [index, bytes] of (await parts()).entries())
      server.files.set(`/m-0000${index + 1}-of-00002.gguf`, { bytes, etag: `"${index}"` });
    const name = `${server.origin}/m-00002-of-00002.gguf`;
    expect(textOf(await generate(name))).toBe(textOf(await generate('demo')));
    const pulled = await rondoHere(['pull', name, '--json']);
    expect(pulled.stdout.trim().split('\n')).toHaveLength(2);
    server.files.clear();
    expect(textOf(await generate(name))).toBe(textOf(await generate('demo')));
  });

  it('38: a split model is refused if one of its files is missing', async () => {
    const [first] = await parts();
    if (first) server.files.set('/m-00001-of-00002.gguf', { bytes: first, etag: '"1"' });
    expect(await generate(`${server.origin}/m-00001-of-00002.gguf`)).toMatchObject({ code: 1, stdout: '' });
  });

  it('--sha256 is refused for a split model', async () => {
    const args = ['pull', `${server.origin}/m-00001-of-00002.gguf`, '--sha256', digest];
    expect(await rondoHere(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/for each of its files/),
    });
  });
});
