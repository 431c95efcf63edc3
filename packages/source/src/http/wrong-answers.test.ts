// Servers that do not do what they are asked, or send other content than before.
import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  MiB,
  content,
  etag,
  other,
  server,
  serve,
  pathOf,
  open,
  readAll,
  partial,
  interceptReads,
} from '../test-support/http-server.ts';

describe('a server that does not do ranges', () => {
  it('#59 status 200 to a range request is refused, at opening and later, without reading the body', async () => {
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
    // Without Content-Length, so that only the count of bytes shows the difference.
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

  it('#64 an answer with a content encoding is refused', async () => {
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
  ])(
    '%s in place of a later part is named at once, and later reads work',
    async (_, status, headers, message) => {
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
    },
  );

  it('a page or a body without a time counts as no change of a file without an ETag', async () => {
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

  it('a page in parts of the same size is refused for a file without validators', async () => {
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

  it('a file that the server declares a web page from the first part on is read', async () => {
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
    // Servers that check conditions, and servers that do not.
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

  it('#62 a change during a read does not complete old bytes with new content', async () => {
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

  it('#63 `pinned` says whether a change would be noticed, and two contents never share an identity', async () => {
    const named = await open(serve());
    const again = await open(serve());
    expect(named.pinned).toBe(true);
    expect(named.identity).not.toBe(again.identity);
    // One address with two queries may be two files. A strong ETag distinguishes them; a weak ETag may not.
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
