// Servers that fail, stall or are slow: which requests are repeated, and when they are given up.
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { http } from '../index.ts';
import {
  MiB,
  content,
  etag,
  server,
  serve,
  soon,
  idleMs,
  impatience,
  open,
  readAll,
  partial,
  interceptReads,
} from '../test-support/http-server.ts';

describe('a server in trouble', () => {
  it.each([429, 500, 502, 503, 504])(
    '#67 a request with status %i is repeated, after a growing wait',
    async (status) => {
      const { waits, wait } = impatience();
      server.intercept = (_, response, index) => index < 3 && Boolean(response.writeHead(status).end());
      const source = await open(serve(), { wait, random: () => 0, backoffMs: 100, maxBackoffMs: 150 });
      expect(waits).toEqual([100, 150, 150]);
      server.requests.length = 0;
      server.intercept = (_, response) => Boolean(response.writeHead(status).end());
      await expect(readAll(source)).rejects.toMatchObject({ code: 'READ_FAILED', details: { status } });
      expect(server.requests).toHaveLength(4);
      await source.close();
    },
  );

  it.each([401, 403, 404, 410, 418])('#67 a request with status %i is not repeated', async (status) => {
    server.intercept = (_, response) => Boolean(response.writeHead(status).end());
    await expect(open(serve())).rejects.toMatchObject({ code: 'READ_FAILED', details: { status } });
    expect(server.requests).toHaveLength(1);
  });

  it('#67 Retry-After is obeyed, in seconds and as a date, unless the wait is too long', async () => {
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

  it('waits between requests are shortened at random by up to half', async () => {
    const { waits, wait } = impatience();
    server.intercept = (_, response, index) => index < 1 && Boolean(response.writeHead(500).end());
    await open(serve(), { wait, backoffMs: 1000, random: () => 0.5 });
    expect(waits).toEqual([750]);
  });

  it('#68 a dropped connection is continued where it stopped, as often as it makes progress', async () => {
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

  it('#68 a stalled request is repeated after idleMs; a slow request above the least rate is not', async () => {
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
    /** Lets `idleMs` pass. */
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
    /** Resolves when the bytes before `end` have come. */
    const arrived = async (end: number) => {
      while (target[end - 1 - 500] !== content[end - 1]) await soon();
    };
    await arrived(510);
    // The first time, bytes have come in the meantime; the second time, none.
    await pass();
    await pass();
    while (begun.length < 2) await soon();
    // Some bytes come each time: however slow, the connection is alive.
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
    'a body of %i bytes a second is given up after idleMs, at each attempt',
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
      // Each attempt continues where the last attempt stopped.
      expect(starts).toEqual([0, 1, 2].map((tries) => 500 + (tries * rate * idleMs) / 1000));
      await source.close();
    },
  );

  it('a size beyond any file is refused, with the limit in the error', async () => {
    server.intercept = (_, response) =>
      Boolean(response.writeHead(206, { 'Content-Range': `bytes 0-9/${2 ** 50}` }).end('0123456789'));
    await expect(open(serve(), { headBytes: 10 })).rejects.toMatchObject({
      code: 'LIMIT',
      message: expect.stringContaining(`${2 ** 50} bytes, more than the ${2 ** 44} accepted`),
    });
  });

  it('the error of an unanswered request names a proxy that is set and not used', async () => {
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

  it('#68 a request without a listening server is READ_FAILED with the reason', async () => {
    const url = 'http://127.0.0.1:1/model.gguf';
    await expect(open(url)).rejects.toMatchObject({ code: 'READ_FAILED', message: /127\.0\.0\.1:1/ });
  });
});
