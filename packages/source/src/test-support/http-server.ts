// The common part of the tests of `http()`: a server that each test file starts, a file on it, and sources that never
// wait.
import type { ServerResponse } from 'node:http';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { http, type HttpOptions, type HttpSource } from '../index.ts';

export const MiB = 2 ** 20;
export const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);
export const etag = '"one"';
export const other = { bytes: content.toReversed(), etag: '"two"' };

export let server: RangeServer;
beforeAll(async () => {
  server = await startRangeServer();
});
afterAll(() => server.close());
afterEach(() => {
  server.intercept = () => false;
  server.requests.length = 0;
});

let files = 0;
export function serve(file: { bytes?: Uint8Array; etag?: string; lastModified?: string } = { etag }): string {
  const path = `/${files++}.gguf`;
  server.files.set(path, { bytes: content, ...file });
  return server.origin + path;
}

export const soon = () => new Promise<void>((resolve) => setImmediate(resolve));
export const pathOf = (url: string) => new URL(url).pathname;
export const idleMs = 30_000;

/** Waits between attempts take no time and are recorded; no request ever counts as idle. */
export function impatience(): { waits: number[]; wait: NonNullable<HttpOptions['wait']> } {
  const waits: number[] = [];
  return {
    waits,
    wait: async (waitMs, signal) => {
      if (waitMs === idleMs) await new Promise((_, reject) => signal.addEventListener('abort', reject));
      else waits.push(waitMs);
    },
  };
}

/** A source whose head has a hundred bytes, so that nearly all reads are requests. */
export function open(url: string, options: HttpOptions = {}): Promise<HttpSource> {
  return http(url, { headBytes: 100, readAheadBytes: 0, wait: impatience().wait, ...options });
}

export async function readAll(source: HttpSource): Promise<Uint8Array> {
  const target = new Uint8Array(source.size);
  await source.readInto(target, 0);
  return target;
}

/** Headers of a right answer for these bytes. */
export const partial = (start: number, end: number) => ({
  ETag: etag,
  'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
});

/** Answers every request except the request that opens. */
export function interceptReads(
  answer: (response: ServerResponse, index: number, start: number, end: number) => void,
): void {
  server.intercept = (request, response, index) => {
    const [start = 0, last = 0] = (request.headers.range ?? '').slice(6).split('-').map(Number);
    if (start === 0) return false;
    answer(response, index, start, last + 1);
    return true;
  };
}
