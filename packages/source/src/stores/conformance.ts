// The requirements for every `ChunkStore`, as data for any test runner: a case throws when the store fails the case.
import { sha256Of } from '../sha256.ts';
import type { ChunkStore, StoredChunks } from './chunk-store.ts';

/** One requirement. */
export interface ChunkStoreCase {
  readonly name: string;
  /** @throws Error when the empty store that `make` returns does not meet the requirement */
  run(make: () => Promise<ChunkStore>): Promise<void>;
}

const chunkBytes = 8192;
const content = { identity: 'http://example.com/a?b:1:"etag"/../..', chunkBytes };
const signal = new AbortController().signal;

/** The requirements of `ChunkStore`. Each case makes its own store, and closes the contents that it opened. */
export const chunkStoreConformance: readonly ChunkStoreCase[] = [
  {
    name: 'gives back what was written, whole and in part, also into shared memory',
    async run(make) {
      await using chunks = await opened(await make());
      await chunks.put(1, 11);
      await chunks.put(0, 10);
      await chunks.put(2, 12, 100);
      await chunks.expectDigests([0, 1, 2]);
      await chunks.expectChunk(0, 10);
      await chunks.expectChunk(1, 11);
      await chunks.expectChunk(2, 12, 100);
      const shared = new Uint8Array(new SharedArrayBuffer(50));
      check(await chunks.read(1, shared, 77, signal), 'a part of a chunk was not there');
      check(same(shared, pattern(11).subarray(77, 127)), 'a part of a chunk has other bytes');
    },
  },
  {
    name: 'gives back what an earlier user of the store wrote',
    async run(make) {
      const store = await make();
      {
        await using chunks = await opened(store);
        await chunks.put(3, 13);
      }
      await using chunks = await opened(store);
      await chunks.expectDigests([3]);
      await chunks.expectChunk(3, 13);
    },
  },
  {
    name: 'keeps identities and chunk sizes apart',
    async run(make) {
      const store = await make();
      await using chunks = await opened(store);
      await chunks.put(0, 10);
      for (const other of [
        { ...content, identity: `${content.identity}x` },
        { ...content, chunkBytes: 4096 },
      ]) {
        await using apart = await opened(store, other);
        await apart.expectDigests([]);
      }
      {
        await using apart = await opened(store, { ...content, identity: 'another' });
        await apart.put(0, 99);
      }
      await chunks.expectChunk(0, 10);
    },
  },
  {
    name: 'says what is not there',
    async run(make) {
      await using chunks = await opened(await make());
      check(!(await chunks.read(0, new Uint8Array(1), 0, signal)), 'an empty store has bytes');
      await chunks.put(1, 11, 100);
      check(!(await chunks.read(1, new Uint8Array(101), 0, signal)), 'a chunk is longer than it was written');
      check(!(await chunks.read(2, new Uint8Array(1), 0, signal)), 'there are bytes behind the last chunk');
    },
  },
  {
    name: 'keeps what was written last',
    async run(make) {
      const store = await make();
      await using chunks = await opened(store);
      await chunks.put(0, 10);
      await chunks.put(0, 20);
      await chunks.expectChunk(0, 20);
      await using again = await opened(store);
      await again.expectDigests([0]);
      await again.expectChunk(0, 20);
    },
  },
  {
    name: 'takes several users at once, who write the same and other chunks',
    async run(make) {
      const store = await make();
      {
        await using first = await opened(store);
        await using second = await opened(store);
        const indexes = Array.from({ length: 20 }, (_, index) => index);
        await Promise.all([
          ...indexes.slice(0, 15).map((index) => first.put(index, index)),
          ...indexes.slice(5).map((index) => second.put(index, index)),
        ]);
      }
      await using chunks = await opened(store);
      for (let index = 0; index < 20; index++) await chunks.expectChunk(index, index);
    },
  },
  {
    name: 'an aborted read rejects with the reason',
    async run(make) {
      await using chunks = await opened(await make());
      await chunks.put(0, 10);
      const reason = new Error('enough');
      const error: unknown = await chunks
        .read(0, new Uint8Array(10), 0, AbortSignal.abort(reason))
        .catch((error: unknown) => error);
      check(error === reason, `gave ${String(error)}`);
    },
  },
  {
    name: 'still gives back what has been sealed, twice too',
    async run(make) {
      const store = await make();
      {
        await using chunks = await opened(store);
        await chunks.put(0, 10);
        await chunks.seal();
        await chunks.seal();
        await chunks.expectChunk(0, 10);
      }
      await using chunks = await opened(store);
      await chunks.expectChunk(0, 10);
      await chunks.seal();
      await chunks.expectChunk(0, 10);
    },
  },
  {
    name: 'gives back nothing that has been put into quarantine, and takes new chunks in its stead',
    async run(make) {
      const store = await make();
      for (const seed of [10, 20]) {
        await using chunks = await opened(store);
        await chunks.expectDigests([]);
        await chunks.put(0, seed);
        await chunks.expectChunk(0, seed);
        await chunks.quarantine();
      }
      await using chunks = await opened(store);
      await chunks.expectDigests([]);
    },
  },
];

interface CheckedChunks extends StoredChunks, AsyncDisposable {
  put(index: number, seed: number, bytes?: number): Promise<void>;
  expectDigests(indexes: readonly number[]): Promise<void>;
  /** Checks that the chunk is present, by its digest and its bytes. */
  expectChunk(index: number, seed: number, bytes?: number): Promise<void>;
}

async function opened(store: ChunkStore, what = content): Promise<CheckedChunks> {
  const chunks = await store.open(what);
  return {
    ...chunks,
    async put(index, seed, bytes = chunkBytes) {
      const written = pattern(seed, bytes);
      await chunks.write(index, written, await sha256Of(written));
    },
    async expectDigests(indexes) {
      const digests = await chunks.digests();
      const found = [...digests.keys()].toSorted((a, b) => a - b);
      check(String(found) === String(indexes), `chunks ${String(found)} are there, not ${String(indexes)}`);
    },
    async expectChunk(index, seed, bytes = chunkBytes) {
      const expected = pattern(seed, bytes);
      const target = new Uint8Array(bytes);
      check(
        (await chunks.digests()).get(index) === (await sha256Of(expected)),
        `the digest of chunk ${index} is another`,
      );
      check(await chunks.read(index, target, 0, signal), `chunk ${index} is not there`);
      check(same(target, expected), `chunk ${index} has other bytes`);
    },
    [Symbol.asyncDispose]: () => chunks.close(),
  };
}

function pattern(seed: number, bytes = chunkBytes): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes }, (_, i) => (seed * 59 + i * 31 + (i >>> 8) * 7) & 0xff);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
