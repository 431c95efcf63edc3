// Requests, endings and arguments of `http()`. Tests of wrong answers, redirects and failing servers are in the folder
// `http`.
import { once } from 'node:events';
import { inspect } from 'node:util';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { http, type HttpOptions } from './index.ts';
import {
  MiB,
  content,
  etag,
  server,
  serve,
  impatience,
  open,
  readAll,
  partial,
  interceptReads,
} from './test-support/http-server.ts';

describe('requests', () => {
  it('opening over HTTP takes one request, which brings the head and the size', async () => {
    const url = serve();
    const source = await http(url, { headBytes: 1000 });
    expect(source.size).toBe(content.length);
    const target = new Uint8Array(900);
    await source.readInto(target, 100);
    expect(target).toEqual(content.subarray(100, 1000));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-999']);
    await source.close();
  });

  it('bytes after the head are read ahead on one connection only as they are taken, and dropped at a read elsewhere', async () => {
    const large = new Uint8Array(64 * MiB);
    large.set(content, 32 * MiB);
    const source = await http(serve({ bytes: large, etag }), { readAheadBytes: 48 * MiB });
    for (let at = 0; at < 8 * MiB; at += MiB) await source.readInto(new Uint8Array(MiB), at);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      `bytes=0-${MiB - 1}`,
      `bytes=${MiB}-${49 * MiB - 1}`,
    ]);
    const target = new Uint8Array(content.length);
    await source.readInto(target, 32 * MiB);
    expect(target).toEqual(content);
    // Bytes in the system's socket buffers were sent too, but far fewer than all bytes.
    expect(server.requests[1]?.sentBytes).toBeLessThan(32 * MiB);
    await source.close();
  });

  it('no request is left open after close, also if reads ahead overtook each other', async () => {
    const url = serve({ bytes: new Uint8Array(16 * MiB), etag });
    const ended: Promise<unknown>[] = [];
    server.intercept = (_, response) => {
      ended.push(once(response, 'close'));
      return false;
    };
    const source = await http(url, { headBytes: 1000 });
    await Promise.all([1, 2, 3].map(() => source.readInto(new Uint8Array(1000), 1000)));
    await source.close();
    expect(ended).toHaveLength(4);
    await Promise.all(ended);
  });

  it('requests name the wanted content, and accept it uncompressed only', async () => {
    for (const [file, header, value] of [
      [{ etag }, 'if-match', etag],
      [
        { lastModified: 'Sun, 22 Nov 2026 10:00:00 GMT' },
        'if-unmodified-since',
        'Sun, 22 Nov 2026 10:00:00 GMT',
      ],
      [{ etag: 'W/"weak"' }, 'if-match', undefined],
    ] as const) {
      server.requests.length = 0;
      const source = await open(serve(file));
      await readAll(source);
      expect(server.requests[1]?.headers[header]).toBe(value);
      expect(server.requests[1]?.headers['accept-encoding']).toBe('identity');
      await source.close();
    }
  });

  it('a server may send fewer bytes at a time than requested', async () => {
    interceptReads((response, _, start, end) => {
      const stop = Math.min(end, start + 60_000);
      response.writeHead(206, partial(start, stop)).end(content.subarray(start, stop));
    });
    const { waits, wait } = impatience();
    const source = await open(serve(), { wait });
    expect(await readAll(source)).toEqual(content);
    expect(waits).toEqual([]);
    await source.close();
  });

  it('an empty file over HTTP is read without a body', async () => {
    const source = await open(serve({ bytes: new Uint8Array(0), etag }));
    expect(source.size).toBe(0);
    server.intercept = (_, response) => Boolean(response.writeHead(200, { 'Content-Length': 0 }).end());
    expect((await open(serve())).size).toBe(0);
  });
});

describe('what only the giver of an address may know', () => {
  const signed = 'https://hub.example/model?X-Amz-Signature=topsecret&name=m';

  it('the signed query of an address is in no message, detail or identity', async () => {
    const failing = http(signed, {
      attempts: 1,
      fetch: (url) => Promise.reject(new TypeError(`Failed to parse ${url}`)),
    });
    const error = (await failing.catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain('no answer from hub.example');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('topsecret');
    const headers = { 'Content-Range': 'bytes 0-0/1', 'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT' };
    const identities: string[] = [];
    for (const url of [signed, signed.replace('topsecret', 'othersecret')]) {
      for (const more of [headers, { 'Content-Range': 'bytes 0-0/1' }]) {
        const fetch = async () => new Response('x', { status: 206, headers: more });
        identities.push((await http(url, { headBytes: 1, fetch })).identity);
      }
    }
    expect(identities.join()).not.toMatch(/secret|X-Amz/);
    // The identities still differ, because the query may choose the content.
    expect(new Set(identities).size).toBe(4);
  });

  it('a name and password in a redirect are neither used nor shown', async () => {
    const failing = http('https://hub.example/model', {
      attempts: 1,
      fetch: async () => Response.redirect('https://me:hunter2@other.example/x', 302),
    });
    const error = (await failing.catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({
      code: 'READ_FAILED',
      message: expect.stringContaining('name and password'),
    });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it('the token is not sent to its origin after a redirect has left it, in later requests either', async () => {
    const seen: [string, string | null][] = [];
    const source = await http('https://hub.example/model', {
      token: 'secret',
      headBytes: 1,
      readAheadBytes: 0,
      fetch: async (url, { headers }) => {
        seen.push([url, new Headers(headers).get('Authorization')]);
        if (url === 'https://hub.example/model') return Response.redirect('https://cdn.example/away', 302);
        if (url === 'https://cdn.example/away') return Response.redirect('https://hub.example/back', 302);
        const range = /^bytes=(\d+)-/.exec(new Headers(headers).get('Range') ?? '')?.[1] ?? '';
        return new Response('x', {
          status: 206,
          headers: { 'Content-Range': `bytes ${range}-${range}/9`, ETag: '"a"' },
        });
      },
    });
    await source.readInto(new Uint8Array(1), 5);
    expect(seen).toEqual([
      ['https://hub.example/model', 'Bearer secret'],
      ['https://cdn.example/away', null],
      ['https://hub.example/back', null],
      ['https://hub.example/back', null],
    ]);
  });

  it.each([
    '169.254.169.254',
    '[fe80::1]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    'metadata.google.internal',
  ])('a redirect to the link-local address %s is not followed, from a private one either', async (host) => {
    const asked: string[] = [];
    const opening = http('http://localhost:8080/model', {
      attempts: 1,
      fetch: async (url) => {
        asked.push(url);
        return Response.redirect(`http://${host}/latest/meta-data`, 302);
      },
    });
    await expect(opening).rejects.toMatchObject({ message: expect.stringContaining('link-local') });
    expect(asked).toHaveLength(1);
  });
});

describe('ending', () => {
  const hang = (): Promise<void> =>
    new Promise((resolve) => {
      interceptReads((response, _, start, end) => {
        response.writeHead(206, partial(start, end));
        response.write(content.subarray(start, start + 100), () => resolve());
      });
    });

  it('aborting a read over HTTP rejects with the reason and ends the request', async () => {
    const source = await open(serve());
    const begun = hang();
    const abort = new AbortController();
    const reading = source.readInto(new Uint8Array(5000), 500, { signal: abort.signal });
    await begun;
    abort.abort('enough');
    await expect(reading).rejects.toBe('enough');
    expect(server.requests).toHaveLength(2);
    await source.close();
  });

  it('closing an HTTP source during a read rejects the read with CLOSED', async () => {
    const source = await open(serve());
    const begun = hang();
    const reading = source.readInto(new Uint8Array(5000), 500);
    await Promise.all([
      expect(reading).rejects.toMatchObject({ code: 'CLOSED' }),
      begun.then(() => source.close()),
    ]);
  });

  it('an abort ends also a fetch that ignores its signal', async () => {
    const deaf: HttpOptions['fetch'] = (url, init) => globalThis.fetch(url, { ...init, signal: null });
    const source = await open(serve(), { fetch: deaf });
    for (const answer of [
      () => {},
      (response: ServerResponse) => response.writeHead(206, partial(500, 5500)).flushHeaders(),
    ]) {
      const abort = new AbortController();
      const begun = new Promise<void>((resolve) => {
        interceptReads((response) => {
          answer(response);
          resolve();
        });
      });
      const reading = source.readInto(new Uint8Array(5000), 500, { signal: abort.signal });
      await begun;
      abort.abort('enough');
      await expect(reading).rejects.toBe('enough');
    }
    await source.close();
  });

  it('aborting the opening over HTTP rejects with the reason', async () => {
    server.intercept = () => true;
    const abort = new AbortController();
    const opening = open(serve(), { signal: abort.signal });
    setTimeout(() => abort.abort('enough'), 5);
    await expect(opening).rejects.toBe('enough');
  });
});

describe('arguments', () => {
  it.each([
    ['ftp://example.com/x', 'ftp://example.com/x'],
    ['model.gguf', 'model.gguf'],
    ['https://user:secret@example.com/x', 'https://example.com/x'],
  ])('%s is refused, without a secret', async (url, shown) => {
    const error: unknown = await http(url).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'BAD_ARGUMENT', details: { url: shown } });
    expect(String(error)).not.toContain('secret');
  });

  it('#66 a token that no header can hold is not shown, and neither is the query of an address', async () => {
    const url = serve();
    const withToken: unknown = await open(url, { token: 'secret\n' }).catch((error: unknown) => error);
    expect(withToken).toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(String(withToken)).not.toContain('secret');
    const missing: unknown = await open(`${server.origin}/nothing?secret`).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'READ_FAILED' });
    expect(JSON.stringify([String(missing), missing])).not.toContain('secret');
  });

  it.each([{ headBytes: 0 }, { idleMs: 0 }, { readAheadBytes: -1 }, { attempts: 0 }])(
    'refuses %o',
    async (options) => {
      await expect(http(serve(), options)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    },
  );
});
