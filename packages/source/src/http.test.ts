import { once } from 'node:events';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { http, type HttpOptions, type HttpSource } from './index.ts';

const MiB = 2 ** 20;
const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);
const etag = '"one"';
const other = { bytes: content.toReversed(), etag: '"two"' };

let server: RangeServer;
beforeAll(async () => {
  server = await startRangeServer();
});
afterAll(() => server.close());
afterEach(() => {
  server.intercept = () => false;
  server.requests.length = 0;
});

let files = 0;
function serve(file: { bytes?: Uint8Array; etag?: string; lastModified?: string } = { etag }): string {
  const path = `/${files++}.gguf`;
  server.files.set(path, { bytes: content, ...file });
  return server.origin + path;
}

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));
const pathOf = (url: string) => new URL(url).pathname;
const idleMs = 30_000;

/** Waits between tries take no time and are noted; nothing ever counts as idle. */
function impatience(): { waits: number[]; wait: NonNullable<HttpOptions['wait']> } {
  const waits: number[] = [];
  return {
    waits,
    wait: async (waitMs, signal) => {
      if (waitMs === idleMs) await new Promise((_, reject) => signal.addEventListener('abort', reject));
      else waits.push(waitMs);
    },
  };
}

/** A source whose head is a hundred bytes, so that nearly all reads are requests. */
function open(url: string, options: HttpOptions = {}): Promise<HttpSource> {
  return http(url, { headBytes: 100, readAheadBytes: 0, wait: impatience().wait, ...options });
}

async function readAll(source: HttpSource): Promise<Uint8Array> {
  const target = new Uint8Array(source.size);
  await source.readInto(target, 0);
  return target;
}

/** Headers of a good answer for these bytes. */
const partial = (start: number, end: number) => ({
  ETag: etag,
  'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
});

/** Answers every request but the one that opens. */
function interceptReads(
  answer: (response: ServerResponse, index: number, start: number, end: number) => void,
): void {
  server.intercept = (request, response, index) => {
    const [start = 0, last = 0] = (request.headers.range ?? '').slice(6).split('-').map(Number);
    if (start === 0) return false;
    answer(response, index, start, last + 1);
    return true;
  };
}

describe('requests', () => {
  it('opening takes one, which brings the head; the size comes with it', async () => {
    const url = serve();
    const source = await http(url, { headBytes: 1000 });
    expect(source.size).toBe(content.length);
    const target = new Uint8Array(900);
    await source.readInto(target, 100);
    expect(target).toEqual(content.subarray(100, 1000));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-999']);
    await source.close();
  });

  it('what follows the head is read ahead on one connection, no more than is taken, and given up elsewhere', async () => {
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
    // What the system's socket buffers hold has been sent too, and nothing like the rest.
    expect(server.requests[1]?.sentBytes).toBeLessThan(32 * MiB);
    await source.close();
  });

  it('none is left open after close, also of reads ahead that overtook each other', async () => {
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

  it('say what content they want, and take it uncompressed', async () => {
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

  it('a server may send less at a time than asked for', async () => {
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

  it('an empty file is read without a body', async () => {
    const source = await open(serve({ bytes: new Uint8Array(0), etag }));
    expect(source.size).toBe(0);
    server.intercept = (_, response) => Boolean(response.writeHead(200, { 'Content-Length': 0 }).end());
    expect((await open(serve())).size).toBe(0);
  });
});

describe('a server that does not do ranges', () => {
  it('#59 status 200 is refused, at opening and later, without taking the body', async () => {
    const endless = (response: ServerResponse) => {
      response.writeHead(200, { ETag: etag });
      let sent = 0;
      const send = (): void => {
        while (!response.destroyed && sent < 256 * MiB && response.write(new Uint8Array(MiB))) sent += MiB;
      };
      response.on('drain', send);
      send();
      return () => sent;
    };
    let sent = () => 0;
    server.intercept = (_, response) => {
      sent = endless(response);
      return true;
    };
    await expect(open(serve())).rejects.toMatchObject({ code: 'RANGE_MISMATCH', details: { status: 200 } });
    expect(server.requests).toHaveLength(1);
    expect(sent()).toBeLessThan(32 * MiB);

    server.intercept = () => false;
    const source = await open(serve());
    interceptReads((response) => {
      sent = endless(response);
    });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'RANGE_MISMATCH' });
    expect(sent()).toBeLessThan(32 * MiB);
    await source.close();
  });
});

describe('a server that lies', () => {
  it.each<[string, (start: number, end: number) => Record<string, string>]>([
    ['later bytes', (start, end) => partial(start + 1, end)],
    ['earlier bytes', (start, end) => partial(start - 1, end)],
    ['more bytes', (start, end) => ({ ...partial(start, end + 1) })],
    ['another size', (start, end) => ({ ETag: etag, 'Content-Range': `bytes ${start}-${end - 1}/${end}` })],
    ['nonsense', () => ({ ETag: etag, 'Content-Range': 'bytes=1-2' })],
    ['nothing', () => ({ ETag: etag })],
  ])('#60 a Content-Range of %s is tried again, then RANGE_MISMATCH', async (_, headers) => {
    const source = await open(serve());
    interceptReads((response, _, start, end) => {
      response.writeHead(206, headers(start, end)).end(content.subarray(start, end));
    });
    const target = new Uint8Array(1000).fill(0xaa);
    await expect(source.readInto(target, 500)).rejects.toMatchObject({ code: 'RANGE_MISMATCH' });
    expect(server.requests).toHaveLength(5);
    expect(target.every((byte) => byte === 0xaa)).toBe(true);
    server.intercept = () => false;
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });

  it.each([
    ['short', -10],
    ['long', 10],
  ])('#61 a body that is too %s is tried again, then RANGE_MISMATCH', async (_, tooMuch) => {
    const source = await open(serve());
    // Without Content-Length, so that nothing but the count of bytes tells.
    interceptReads((response, _, start, end) => {
      response.writeHead(206, partial(start, end));
      response.end(content.subarray(start, Math.max(start, end + tooMuch)));
    });
    await expect(source.readInto(new Uint8Array(1000), 500)).rejects.toMatchObject({
      code: 'RANGE_MISMATCH',
    });
    expect(server.requests.length).toBeGreaterThanOrEqual(5);
    server.intercept = () => false;
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });

  it('#61 a Content-Length that contradicts the range is tried again, then RANGE_MISMATCH', async () => {
    const source = await open(serve());
    interceptReads((response, _, start, end) => {
      response.writeHead(206, { ...partial(start, end), 'Content-Length': 7 }).end(new Uint8Array(7));
    });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'RANGE_MISMATCH' });
    await source.close();
  });

  it('#64 an encoded answer is refused', async () => {
    const source = await open(serve());
    interceptReads((response, _, start, end) => {
      const zipped = gzipSync(content.subarray(start, end));
      response.writeHead(206, { ...partial(start, end), 'Content-Encoding': 'gzip' }).end(zipped);
    });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'RANGE_MISMATCH', message: /gzip/ });
    await source.close();
  });
});

describe('something else in place of a later part', () => {
  const page = '<!DOCTYPE html><title>Log in</title>';
  const pageCame = /a web page came in place of the file/;

  it.each<[string, number, Record<string, string>, RegExp]>([
    ['a page without a name', 200, { 'Content-Type': 'text/html; charset=utf-8' }, pageCame],
    ['a page with an ETag', 200, { 'Content-Type': 'Text/HTML', ETag: '"page"' }, pageCame],
    ["a page with the file's ETag", 200, { 'Content-Type': 'text/html', ETag: etag }, pageCame],
    ['a page of XHTML', 200, { 'Content-Type': 'application/xhtml+xml' }, pageCame],
    [
      'a page as part',
      206,
      { 'Content-Type': 'text/html', 'Content-Range': 'bytes 500-1499/200000' },
      pageCame,
    ],
    [
      'an error as JSON',
      200,
      { 'Content-Type': 'application/json' },
      /something else came .* status 200 with the Content-Type "application\/json"/,
    ],
    ['a body without a type', 200, {}, /something else came .* status 200 without a Content-Type/],
    ['the whole file', 200, { ETag: etag }, /the server sends the whole file/],
    ['the whole file without a name', 200, { 'Content-Length': '200000' }, /the server sends the whole file/],
  ])('%s is said to be what it is, at once, and later reads work', async (_, status, headers, message) => {
    const source = await open(serve());
    interceptReads((response) => {
      response.writeHead(status, headers);
      response.end('Content-Length' in headers ? content : page);
    });
    const target = new Uint8Array(1000).fill(0xaa);
    await expect(source.readInto(target, 500)).rejects.toMatchObject({
      code: 'RANGE_MISMATCH',
      message: expect.stringMatching(message),
      details: { status, transient: false },
    });
    expect(server.requests).toHaveLength(2);
    expect(target.every((byte) => byte === 0xaa)).toBe(true);
    server.intercept = () => false;
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });

  it('of a file without an ETag, a page and a body without a time are no change of the file', async () => {
    const lastModified = 'Sun, 22 Nov 2026 10:00:00 GMT';
    for (const [type, message] of [
      ['text/html', pageCame],
      ['text/plain', /something else came .*"text\/plain"/],
    ] as const) {
      for (const file of [{ lastModified }, {}]) {
        const source = await open(serve(file));
        interceptReads((response) => void response.writeHead(200, { 'Content-Type': type }).end(page));
        await expect(readAll(source)).rejects.toMatchObject({
          code: 'RANGE_MISMATCH',
          message: expect.stringMatching(message),
        });
        await source.close();
      }
    }
  });

  it('of a file without validators, a page in parts of the same size is refused', async () => {
    const source = await open(serve({}));
    interceptReads((response, _, start, end) => {
      response.writeHead(206, {
        'Content-Type': 'text/html',
        'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
      });
      response.end(content.subarray(start, end));
    });
    await expect(readAll(source)).rejects.toMatchObject({ message: expect.stringMatching(pageCame) });
    await source.close();
  });

  it('a file that the server calls a web page from the first part on is read', async () => {
    server.intercept = (request, response) => {
      const [start = 0, last = 0] = (request.headers.range ?? '').slice(6).split('-').map(Number);
      const end = Math.min(last + 1, content.length);
      response.writeHead(206, { ...partial(start, end), 'Content-Type': 'text/html' });
      response.end(content.subarray(start, end));
      return true;
    };
    const source = await open(serve());
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });
});

describe('a file that changes on the server', () => {
  const dates = ['Sun, 22 Nov 2026 10:00:00 GMT', 'Sun, 22 Nov 2026 10:00:01 GMT'] as const;

  it.each<[string, { etag?: string; lastModified?: string; bytes?: Uint8Array }, typeof other | object]>([
    ['#62 another ETag', { etag }, { etag: '"two"' }],
    ['#62 no ETag any more', { etag }, {}],
    ['#62 fewer bytes', { etag: 'W/"x"' }, { etag: 'W/"x"', bytes: content.subarray(0, 1000) }],
    ['#63 another weak ETag', { etag: 'W/"one"' }, { etag: 'W/"two"' }],
    ['#63 another time', { lastModified: dates[0] }, { lastModified: dates[1] }],
    ['#63 another size only', {}, { bytes: content.subarray(1) }],
  ])('%s is SOURCE_CHANGED, with nothing of the new content', async (_, before, after) => {
    // Servers that check conditions and servers that do not.
    for (const obedient of [true, false]) {
      const url = serve(before);
      const source = await open(url);
      server.files.set(pathOf(url), { bytes: other.bytes, ...after });
      if (!obedient) {
        server.intercept = (request) => {
          delete request.headers['if-match'];
          delete request.headers['if-unmodified-since'];
          return false;
        };
      }
      const target = new Uint8Array(1000).fill(0xaa);
      await expect(source.readInto(target, 50_000)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
      expect(target.every((byte) => byte === 0xaa)).toBe(true);
      expect((await open(url)).identity).not.toBe(source.identity);
      await source.close();
    }
  });

  it('#62 in the middle of a read: what came before is not completed with the new content', async () => {
    const url = serve();
    const source = await open(url);
    interceptReads((response, _, start, end) => {
      server.intercept = () => false;
      server.files.set(pathOf(url), other);
      response.writeHead(206, { ...partial(start, end), 'Content-Length': end - start });
      response.write(content.subarray(start, start + 1000), () => response.destroy());
    });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await source.close();
  });

  it('#63 says whether it can tell, and never gives two contents one identity', async () => {
    const named = await open(serve());
    const again = await open(serve());
    expect(named.pinned).toBe(true);
    expect(named.identity).not.toBe(again.identity);
    // One address with two queries may be two files; a strong ETag tells them apart, a weak one need not.
    const [path, weak] = ['/x.gguf', 'W/"same"'];
    for (const query of ['?a', '?b']) server.files.set(path + query, { bytes: content, etag: weak });
    const [a, b] = [await open(`${server.origin}${path}?a`), await open(`${server.origin}${path}?b`)];
    expect(a.identity).not.toBe(b.identity);
    const url = serve({});
    const [first, second] = [await open(url), await open(url)];
    expect(first.pinned).toBe(false);
    expect(first.identity).not.toBe(second.identity);
  });
});

describe('what only the giver of an address may know', () => {
  const signed = 'https://hub.example/model?X-Amz-Signature=topsecret&name=m';

  it('a signed query is in no message, detail or identity', async () => {
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
    // The query may choose the content all the same.
    expect(new Set(identities).size).toBe(4);
  });

  it('a name and password that a redirect holds are not used, and not shown', async () => {
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

  it('the token does not come back to its origin once a redirect has left it, in later requests either', async () => {
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

describe('redirects', () => {
  /** A world of names, all of which are this server; what is asked of which, is noted. */
  function world(redirects: Record<string, string>) {
    const asked: { url: string; authorization: string | null }[] = [];
    const fetch: HttpOptions['fetch'] = async (url, init) => {
      asked.push({ url, authorization: new Headers(init.headers).get('authorization') });
      const location = redirects[url];
      if (location !== undefined) return new Response(null, { status: 302, headers: { Location: location } });
      return globalThis.fetch(server.origin + new URL(url).pathname, init);
    };
    return { fetch, asked };
  }

  it('#65 are followed, and later reads go where they led', async () => {
    const path = pathOf(serve());
    const { fetch, asked } = world({
      'https://hub.example/model': `https://cdn.example${path}?signed`,
      [`https://cdn.example${path}?signed`]: `//far.example${path}`,
    });
    const source = await open('https://hub.example/model', { fetch });
    expect(await readAll(source)).toEqual(content);
    expect(asked.map(({ url }) => new URL(url).host)).toEqual([
      'hub.example',
      'cdn.example',
      'far.example',
      'far.example',
    ]);
    expect(source.identity).toContain('hub.example');
    await source.close();
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'https to http'],
    ['https://169.254.169.254/latest/meta-data', 'private'],
    ['https://[::1]/', 'private'],
    ['https://localhost:8080/', 'private'],
    ['https://2130706433/', 'private'],
    ['file:///etc/passwd', 'protocol'],
    ['data:,x', 'protocol'],
    ['https://user@[bad', 'no address'],
  ])('#65 to %s are not', async (target, problem) => {
    const { fetch, asked } = world({ 'https://hub.example/model': target });
    await expect(open('https://hub.example/model', { fetch })).rejects.toMatchObject({
      code: 'READ_FAILED',
      message: expect.stringContaining(problem),
    });
    expect(asked).toHaveLength(1);
  });

  it('#65 between private addresses are, since who gave one may give another', async () => {
    const url = serve();
    server.intercept = (request, response) => {
      if (request.url !== '/moved') return false;
      response.writeHead(307, { Location: url }).end();
      return true;
    };
    const source = await open(`${server.origin}/moved`);
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });

  it('in a circle end', async () => {
    const { fetch, asked } = world({ 'https://hub.example/a': '/b', 'https://hub.example/b': '/a' });
    await expect(open('https://hub.example/a', { fetch })).rejects.toMatchObject({ code: 'READ_FAILED' });
    expect(asked.length).toBeLessThan(20);
  });

  it('#66 take the token no further than its origin, and not back either', async () => {
    const path = pathOf(serve());
    const { fetch, asked } = world({
      'https://hub.example/a': '/b',
      'https://hub.example/b': 'https://evil.example/c',
      'https://evil.example/c': `https://hub.example${path}`,
    });
    const source = await open('https://hub.example/a', { fetch, token: 'secret' });
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
      null,
      null,
    ]);
    await source.close();
  });

  it('#66 where the browser follows them, a private end is refused afterwards', async () => {
    const path = pathOf(serve());
    const follower =
      (end: string): HttpOptions['fetch'] =>
      async (_, init) => {
        if (init.redirect === 'manual') {
          return Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });
        }
        const response = await globalThis.fetch(server.origin + path, init);
        return Object.defineProperty(response, 'url', { value: end });
      };
    const source = await open('https://hub.example/a', { fetch: follower('https://cdn.example/a') });
    expect(await readAll(source)).toEqual(content);
    await source.close();
    await expect(
      open('https://hub.example/a', { fetch: follower('https://10.0.0.1/a') }),
    ).rejects.toMatchObject({ code: 'READ_FAILED', message: /private/ });
  });

  it('an address that has run out is asked for again', async () => {
    const path = pathOf(serve());
    let signature = 0;
    const { asked, fetch } = world({});
    const source = await open('https://hub.example/model', {
      fetch: (url, init) => {
        if (url === 'https://hub.example/model') {
          const headers = { Location: `https://cdn.example${path}?${++signature}` };
          return Promise.resolve(new Response(null, { status: 302, headers }));
        }
        if (signature === 1 && asked.length > 0) return Promise.resolve(new Response(null, { status: 403 }));
        return fetch(url, init);
      },
    });
    const several = Array.from({ length: 4 }, () => readAll(source));
    for (const bytes of await Promise.all(several)) expect(bytes).toEqual(content);
    expect(signature).toBeGreaterThanOrEqual(2);
    await source.close();
  });

  it("#72 the hub's digest is taken over, git's is not, and what is none is refused", async () => {
    const path = pathOf(serve());
    const linked =
      (value: string): HttpOptions['fetch'] =>
      async (url, init) =>
        url.startsWith('https://hub.example')
          ? new Response(null, {
              status: 302,
              headers: { Location: `https://cdn.example${path}`, 'X-Linked-ETag': value },
            })
          : globalThis.fetch(server.origin + path, init);
    const opened = (value: string) => open('https://hub.example/model', { fetch: linked(value) });
    expect((await opened(`"${'AB'.repeat(32)}"`)).sha256).toBe('ab'.repeat(32));
    expect((await opened(`"${'ab'.repeat(20)}"`)).sha256).toBeUndefined();
    for (const bad of ['../../x', 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(63)}g`]) {
      await expect(opened(`"${bad}"`)).rejects.toMatchObject({ code: 'READ_FAILED' });
    }
  });
});

describe('a server in trouble', () => {
  it.each([429, 500, 502, 503, 504])('#67 status %i is tried again, after a growing wait', async (status) => {
    const { waits, wait } = impatience();
    server.intercept = (_, response, index) => index < 3 && Boolean(response.writeHead(status).end());
    const source = await open(serve(), { wait, random: () => 0, backoffMs: 100, maxBackoffMs: 150 });
    expect(waits).toEqual([100, 150, 150]);
    server.requests.length = 0;
    server.intercept = (_, response) => Boolean(response.writeHead(status).end());
    await expect(readAll(source)).rejects.toMatchObject({ code: 'READ_FAILED', details: { status } });
    expect(server.requests).toHaveLength(4);
    await source.close();
  });

  it.each([401, 403, 404, 410, 418])('#67 status %i is not', async (status) => {
    server.intercept = (_, response) => Boolean(response.writeHead(status).end());
    await expect(open(serve())).rejects.toMatchObject({ code: 'READ_FAILED', details: { status } });
    expect(server.requests).toHaveLength(1);
  });

  it('#67 Retry-After is kept to, in seconds and as a date, and given up where it is long', async () => {
    const asked = async (headers: Record<string, string>) => {
      const { waits, wait } = impatience();
      server.requests.length = 0;
      server.intercept = (_, response, index) =>
        index === 0 && Boolean(response.writeHead(429, headers).end());
      await (await open(serve(), { wait })).close();
      return waits;
    };
    expect(await asked({ 'Retry-After': '7' })).toEqual([7000]);
    const date = 'Sun, 22 Nov 2026 10:00:00 GMT';
    expect(await asked({ 'Retry-After': 'Sun, 22 Nov 2026 10:00:09 GMT', Date: date })).toEqual([9000]);
    await expect(asked({ 'Retry-After': '3600' })).rejects.toMatchObject({
      code: 'READ_FAILED',
      message: /3600 s/,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('waits are shortened at random by up to half', async () => {
    const { waits, wait } = impatience();
    server.intercept = (_, response, index) => index < 1 && Boolean(response.writeHead(500).end());
    await open(serve(), { wait, backoffMs: 1000, random: () => 0.5 });
    expect(waits).toEqual([750]);
  });

  it('#68 a dropped connection is taken up where it was; as often as it gets further', async () => {
    const bytes = new Uint8Array(8 * MiB).map((_, i) => (i * 7) >>> 8);
    const source = await open(serve({ bytes, etag }));
    const starts: number[] = [];
    interceptReads((response, _, start, end) => {
      starts.push(start);
      response.writeHead(206, {
        ETag: etag,
        'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`,
        'Content-Length': end - start,
      });
      response.write(bytes.subarray(start, Math.min(end, start + MiB + 1)), () =>
        setImmediate(() => response.destroy()),
      );
    });
    expect(Buffer.compare(await readAll(source), bytes)).toBe(0);
    expect(starts.length).toBeGreaterThan(4);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    await source.close();
  });

  it('#68 a stall is given up after idleMs and tried again; steady slowness above the least rate is not', async () => {
    let idleWaits: (() => void)[] = [];
    const source = await open(serve(), {
      backoffMs: 0,
      leastBytesPerSecond: 0.3,
      wait: (waitMs, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          if (waitMs === idleMs) idleWaits.push(resolve);
          else resolve();
        }),
    });
    /** Lets idleMs pass. */
    const pass = async () => {
      const passing = idleWaits;
      idleWaits = [];
      for (const go of passing) go();
      await soon();
    };
    const begun: { readonly response: ServerResponse; readonly start: number }[] = [];
    interceptReads((response, _, start, end) => {
      response.writeHead(206, { ...partial(start, end), 'Content-Length': end - start });
      response.write(content.subarray(start, start + 10));
      begun.push({ response, start });
    });
    const target = new Uint8Array(1000);
    const settled = source.readInto(target, 500).then(() => 'done');
    /** Until the bytes before `end` have come. */
    const arrived = async (end: number) => {
      while (target[end - 1 - 500] !== content[end - 1]) await soon();
    };
    await arrived(510);
    // The first time, there has been something since; the second time, nothing.
    await pass();
    await pass();
    while (begun.length < 2) await soon();
    // Some bytes each time: as slow as it may be, it is alive.
    await arrived(520);
    for (let at = 520; at < 1500; at += 70) {
      await pass();
      begun[1]?.response.write(content.subarray(at, at + 70));
      await arrived(at + 70);
    }
    begun[1]?.response.end();
    expect(await settled).toBe('done');
    expect(target).toEqual(content.subarray(500, 1500));
    expect(begun.map(({ start }) => start)).toEqual([500, 510]);
    await source.close();
  });

  it.each([1, 10, 500])(
    'a body of %i bytes a second is given up after idleMs, each time it is tried',
    async (rate) => {
      let idleWaits: (() => void)[] = [];
      const source = await open(serve(), {
        backoffMs: 0,
        attempts: 3,
        wait: (waitMs, signal) =>
          new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
            if (waitMs === idleMs) idleWaits.push(resolve);
            else resolve();
          }),
      });
      const starts: number[] = [];
      interceptReads((response, _, start, end) => {
        starts.push(start);
        response.writeHead(206, { ...partial(start, end), 'Content-Length': end - start });
        response.write(content.subarray(start, start + (rate * idleMs) / 1000));
      });
      const target = new Uint8Array(100_000);
      const settled = source.readInto(target, 500).then(
        () => 'done',
        (error: unknown) => error,
      );
      for (let tries = 1; tries <= 3; tries++) {
        const end = 500 + (tries * rate * idleMs) / 1000;
        while (target[end - 1 - 500] !== content[end - 1]) await soon();
        const passing = idleWaits;
        idleWaits = [];
        for (const go of passing) go();
      }
      expect(await settled).toMatchObject({
        code: 'READ_FAILED',
        message: expect.stringContaining(`only ${(rate * idleMs) / 1000} bytes came in 30000 ms`),
      });
      // Each try goes on where the last one was.
      expect(starts).toEqual([0, 1, 2].map((tries) => 500 + (tries * rate * idleMs) / 1000));
      await source.close();
    },
  );

  it('a size beyond any file is refused, with the limit', async () => {
    server.intercept = (_, response) =>
      Boolean(response.writeHead(206, { 'Content-Range': `bytes 0-9/${2 ** 50}` }).end('0123456789'));
    await expect(open(serve(), { headBytes: 10 })).rejects.toMatchObject({
      code: 'LIMIT',
      message: expect.stringContaining(`${2 ** 50} bytes, more than the ${2 ** 44} accepted`),
    });
  });

  it('a proxy that is set and not used is named where nobody answers', async () => {
    const environment = process.env;
    try {
      for (const [name, advised] of [
        ['https_proxy', true],
        ['HTTPS_PROXY', true],
        ['ALL_PROXY', true],
        ['http_proxy', false],
      ] as const) {
        process.env = { [name]: 'http://proxy.example:3128' };
        const failing = http('https://hub.example/model', {
          attempts: 1,
          fetch: () => Promise.reject(new TypeError('fetch failed')),
        });
        const error = (await failing.catch((thrown: unknown) => thrown)) as Error;
        expect([name, error.message.includes('NODE_USE_ENV_PROXY=1')]).toEqual([name, advised]);
        if (advised) expect(error.message).toContain(name);
      }
    } finally {
      process.env = environment;
    }
  });

  it('#68 nobody there is READ_FAILED with the reason', async () => {
    const url = 'http://127.0.0.1:1/model.gguf';
    await expect(open(url)).rejects.toMatchObject({ code: 'READ_FAILED', message: /127\.0\.0\.1:1/ });
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

  it('an abort in mid-read rejects with the reason and ends the request', async () => {
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

  it('close in mid-read rejects it with CLOSED', async () => {
    const source = await open(serve());
    const begun = hang();
    const reading = source.readInto(new Uint8Array(5000), 500);
    await Promise.all([
      expect(reading).rejects.toMatchObject({ code: 'CLOSED' }),
      begun.then(() => source.close()),
    ]);
  });

  it('an abort ends also what does not care for it', async () => {
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

  it('an abort while opening rejects with the reason', async () => {
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

  it('#66 a token that no header can hold is not shown, nor is the query of an address', async () => {
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
