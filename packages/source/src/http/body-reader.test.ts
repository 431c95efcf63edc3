// Tests that a body costs no memory besides the buffers through which it is read, and that it is right without byte
// streams.
import { describe, expect, it } from 'vitest';
import { http } from '../http.ts';
import { bodyReader, createReadBuffers, type ReadBuffers } from './body-reader.ts';

const content = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 13 + (i >>> 8)) & 0xff);

/**
 * Writes bytes only into memory that the reader offers. Counts the pulls without such memory, for which a chunk would be
 * allocated.
 */
function byteStream(bytes: Uint8Array, mostAtOnce = 100_000) {
  const counts = { pulls: 0, withoutMemory: 0, largestOffer: 0 };
  let position = 0;
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      counts.pulls++;
      const request = controller.byobRequest;
      if (!(request?.view instanceof Uint8Array)) {
        counts.withoutMemory++;
        controller.error(new Error('no memory was offered'));
        return;
      }
      counts.largestOffer = Math.max(counts.largestOffer, request.view.length);
      const part = bytes.subarray(position, position + Math.min(mostAtOnce, request.view.length));
      if (part.length === 0) controller.close();
      request.view.set(part);
      request.respond(part.length);
      position += part.length;
    },
  });
  return { stream, counts };
}

/** Buffers that are counted. */
function countedBuffers(): ReadBuffers & { readonly seen: Set<number>; outstanding: number; most: number } {
  const buffers = createReadBuffers();
  const counted = {
    seen: new Set<number>(),
    outstanding: 0,
    most: 0,
    take() {
      counted.most = Math.max(counted.most, ++counted.outstanding);
      const buffer = buffers.take();
      counted.seen.add(buffer.byteLength);
      return buffer;
    },
    give(buffer: ArrayBuffer) {
      counted.outstanding--;
      buffers.give(buffer);
    },
  };
  return counted;
}

async function readAll(stream: ReadableStream<Uint8Array>, buffers: ReadBuffers, bytes: number) {
  const target = new Uint8Array(new SharedArrayBuffer(bytes));
  const reader = bodyReader(stream, buffers);
  let done = 0;
  while (done < bytes) {
    const came = await reader.readInto(target.subarray(done));
    if (came === 0) break;
    done += came;
  }
  return { target, done, reader };
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('a body that is a stream of bytes', () => {
  it('a byte stream of any length is read through one buffer', async () => {
    const buffers = countedBuffers();
    const { stream, counts } = byteStream(content);
    const { target, reader } = await readAll(stream, buffers, content.length);
    expect(same(target, content)).toBe(true);
    expect(await reader.readInto(new Uint8Array(1))).toBe(0);
    expect(counts.pulls).toBeGreaterThanOrEqual(10);
    expect(counts.withoutMemory).toBe(0);
    expect(counts.largestOffer).toBeLessThanOrEqual(2 ** 18);
    expect(buffers).toMatchObject({ outstanding: 0, most: 1 });
  });

  it('bodies read at the same time share buffers, and their bytes do not mix', async () => {
    const buffers = countedBuffers();
    const bodies = Array.from({ length: 8 }, (_, i) => content.map((byte) => byte ^ i));
    const results = await Promise.all(
      bodies.map((body, i) => readAll(byteStream(body, 3001 + i).stream, buffers, body.length)),
    );
    for (const [i, { target }] of results.entries())
      expect(same(target, bodies[i] ?? new Uint8Array(0)), `body ${i}`).toBe(true);
    expect(buffers).toMatchObject({ outstanding: 0, most: 8 });
  });

  it('a body that fails or is cancelled leaves the others their buffers', async () => {
    const buffers = createReadBuffers();
    const failing = bodyReader(
      new ReadableStream({ type: 'bytes', pull: () => Promise.reject(new Error('cut')) }),
      buffers,
    );
    await expect(failing.readInto(new Uint8Array(10))).rejects.toThrow('cut');
    const waiting = bodyReader(new ReadableStream({ type: 'bytes' }), buffers);
    const read = waiting.readInto(new Uint8Array(10));
    await waiting.cancel();
    expect(await read).toBe(0);
    const { target } = await readAll(byteStream(content).stream, buffers, content.length);
    expect(same(target, content)).toBe(true);
  });

  it('a source over HTTP allocates no chunk, in reads of any length', async () => {
    const bodies: ReturnType<typeof byteStream>[] = [];
    const source = await http('http://127.0.0.1/model.gguf', {
      headBytes: 1000,
      readAheadBytes: 0,
      fetch: async (_, init) => {
        const [start = 0, last = 0] = (new Headers(init.headers).get('Range') ?? '')
          .slice(6)
          .split('-')
          .map(Number);
        const end = Math.min(last + 1, content.length);
        const body = byteStream(content.subarray(start, end));
        bodies.push(body);
        const headers = { ETag: '"one"', 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` };
        return new Response(body.stream, { status: 206, headers });
      },
    });
    const target = new Uint8Array(content.length);
    await Promise.all(
      [1, 999, 300_000, 698_999].map((bytes, i, list) => {
        const offset = 1 + list.slice(0, i).reduce((sum, one) => sum + one, 0);
        return source.readInto(target.subarray(offset, offset + bytes), offset);
      }),
    );
    expect(same(target.subarray(1, 999_999 + 1), content.subarray(1, 999_999 + 1))).toBe(true);
    expect(bodies.map(({ counts }) => counts.withoutMemory)).toEqual([0, 0, 0, 0]);
    await source.close();
  });
});

describe('a body that is a stream of chunks', () => {
  it('a stream of chunks is read too, with chunks larger and smaller than the targets, and empty chunks', async () => {
    const lengths = [70_000, 0, 1, 999, 400_000, 0, 529_000];
    let position = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const length = lengths.shift();
        if (length === undefined) controller.close();
        else controller.enqueue(content.slice(position, (position += length)));
      },
    });
    const target = new Uint8Array(content.length);
    const reader = bodyReader(stream, createReadBuffers());
    let done = 0;
    for (let came = -1; came !== 0; done += came)
      came = await reader.readInto(target.subarray(done, done + 1234));
    expect(done).toBe(content.length);
    expect(same(target, content)).toBe(true);
  });
});
