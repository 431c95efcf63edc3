// A remote source with a store in front: bytes that were read once are not fetched again, in this run or a later run.
import { reasonOf, RondoError } from '@rondo/errors';
import type { ByteSource, ReadOptions } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { directAlignment } from './file-steps.ts';
import { inParallel } from './in-parallel.ts';
import { createSha256, parseSha256, sha256Of } from './sha256.ts';
import type { ChunkStore, StoredChunks } from './stores/chunk-store.ts';
import { unlessAborted } from './unless-aborted.ts';

/** How chunks are fetched and kept. */
export interface TieredOptions {
  /** Bytes that are fetched and stored as one chunk, a multiple of 4096. Default 4 MiB. */
  readonly chunkBytes?: number | undefined;
  /**
   * The number of chunks that one read or the download fetches at a time; each chunk takes `chunkBytes` of memory.
   * Default 4.
   */
  readonly concurrency?: number | undefined;
  /** The expected SHA-256 of the whole content; `download` verifies it. */
  readonly sha256?: string | undefined;
  /** Called once when nothing more can be stored, for example because the disk is full; reading continues. */
  readonly onWarning?: ((warning: RondoError) => void) | undefined;
}

/** How a download is watched and stopped. */
export interface DownloadOptions extends ReadOptions {
  /** Called with the number of stored bytes and the total: once at the beginning, then after each further chunk. */
  readonly onProgress?: ((storedBytes: number, totalBytes: number) => void) | undefined;
}

/** A source with a store. */
export interface TieredSource extends ByteSource {
  /**
   * Fetches missing chunks, verifies all chunks, and seals them in the store. The source may be read meanwhile.
   *
   * @throws RondoError `DIGEST_MISMATCH` if the whole content does not match its digest (the stored content is then
   * quarantined, and later reads throw the same error); `READ_FAILED` if chunks cannot be stored; any error of the remote
   * source; the signal's reason
   */
  download(options?: DownloadOptions): Promise<void>;
}

/**
 * `remote` with `store` in front of it. Chunks are kept with their digest under the remote's identity. Chunks of another
 * identity are never used; chunks that are gone or damaged are fetched again. An aborted read lets its chunks in flight
 * arrive, for the next read. Closing the result closes the remote source.
 *
 * @throws RondoError `BAD_ARGUMENT`
 */
export async function tiered(
  remote: ByteSource,
  store: ChunkStore,
  options: TieredOptions = {},
): Promise<TieredSource> {
  const { chunkBytes = 4 * 2 ** 20, concurrency = 4, onWarning } = options;
  if (!(
    chunkBytes > 0 &&
    chunkBytes % directAlignment === 0 &&
    Number.isSafeInteger(concurrency) &&
    concurrency > 0
  )) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `tiered() takes chunkBytes that are a multiple of ${directAlignment}, and a concurrency of 1 or more.`,
      { details: { chunkBytes, concurrency } },
    );
  }
  const sha256 = options.sha256 === undefined ? undefined : parseSha256(options.sha256);
  const { identity, size } = remote;
  const chunkCount = Math.ceil(size / chunkBytes);
  const lengthOf = (index: number) => Math.min(chunkBytes, size - index * chunkBytes);

  /** The error that prevents storing chunks. */
  let storeFailure: RondoError | undefined;
  /** The error that every read rejects with. */
  let broken: RondoError | undefined;
  /** Chunks whose digest was verified in this run. Parts of these chunks are read from the store without another check. */
  const trusted = new Set<number>();
  const loading = new Map<number, Promise<Uint8Array>>();
  const downloads = new Set<Promise<void>>();
  const closing = new AbortController();

  function goOnWithout(cause: unknown): undefined {
    if (storeFailure !== undefined) return;
    const reason = reasonOf(cause);
    storeFailure = new RondoError(
      'READ_FAILED',
      `Nothing more of ${identity} can be stored: ${reason}. Reading goes on without; free some space to store again.`,
      { details: { identity }, cause },
    );
    onWarning?.(storeFailure);
  }

  const chunks: StoredChunks | undefined = await store
    .open({ identity, chunkBytes, size })
    .catch(goOnWithout);

  async function digests(): Promise<ReadonlyMap<number, string>> {
    // A store that cannot list its chunks is treated as empty.
    return (await chunks?.digests().catch(() => undefined)) ?? new Map();
  }

  /** A chunk from the store, if the chunk is present and matches its digest. */
  async function stored(index: number): Promise<Uint8Array | undefined> {
    const digest = (await digests()).get(index);
    if (digest === undefined) return undefined;
    const bytes = new Uint8Array(lengthOf(index));
    if (!(await chunks?.read(index, bytes, 0, closing.signal))) return undefined;
    if ((await sha256Of(bytes)) !== digest) return undefined;
    trusted.add(index);
    return bytes;
  }

  async function fetched(index: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthOf(index));
    await remote.readInto(bytes, index * chunkBytes, { signal: closing.signal });
    try {
      if (storeFailure === undefined) {
        await chunks?.write(index, bytes, await sha256Of(bytes));
        trusted.add(index);
      }
    } catch (error) {
      goOnWithout(error);
    }
    return bytes;
  }

  /** Looks for a chunk and fetches it if needed, once for all callers. */
  function load(index: number): Promise<Uint8Array> {
    let chunk = loading.get(index);
    if (chunk === undefined) {
      chunk = stored(index)
        .then((bytes) => bytes ?? fetched(index))
        .finally(() => loading.delete(index));
      loading.set(index, chunk);
    }
    return chunk;
  }

  async function readPart(
    index: number,
    target: Uint8Array,
    offset: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (trusted.has(index)) {
      if (await chunks?.read(index, target, offset, signal)) return;
      // If one chunk is gone, other chunks may have been touched too.
      trusted.clear();
    }
    const bytes = await unlessAborted(load(index), signal);
    target.set(bytes.subarray(offset, offset + target.length));
  }

  async function digestOfWhole(signal: AbortSignal): Promise<string> {
    const hash = createSha256();
    const buffer = new Uint8Array(Math.min(size, chunkBytes));
    for (let index = 0; index < chunkCount; index++) {
      const chunk = buffer.subarray(0, lengthOf(index));
      await readPart(index, chunk, 0, signal);
      hash.update(chunk);
    }
    return hash.digest();
  }

  async function download({ signal: given, onProgress }: DownloadOptions): Promise<void> {
    const signal = given === undefined ? closing.signal : AbortSignal.any([given, closing.signal]);
    if (broken !== undefined) throw broken;
    const had = new Set([...(await digests()).keys()].filter((index) => index < chunkCount));
    let storedBytes = 0;
    for (const index of had) storedBytes += lengthOf(index);
    onProgress?.(storedBytes, size);
    await inParallel(upTo(chunkCount), concurrency, signal, async (index, signal) => {
      if (storeFailure !== undefined) throw storeFailure;
      // Chunks that were stored before are checked once more, because sealed chunks are not checked later.
      if (!trusted.has(index)) await unlessAborted(load(index), signal);
      if (had.has(index)) return;
      storedBytes += lengthOf(index);
      onProgress?.(storedBytes, size);
    });
    if (storeFailure !== undefined) throw storeFailure;
    const digest = sha256 === undefined ? undefined : await digestOfWhole(signal);
    if (digest !== sha256) {
      broken = new RondoError(
        'DIGEST_MISMATCH',
        `${identity} has the SHA-256 ${digest}, not ${sha256} as promised. What was stored is out of reach now; fetch it again, from a server you trust.`,
        { details: { identity, expected: sha256, found: digest } },
      );
      await chunks?.quarantine().catch(goOnWithout);
      throw broken;
    }
    await chunks?.seal(digest);
  }

  const source = createSource({
    size,
    identity,
    alignment: chunks?.alignment ?? 1,
    async read(target, offset, signal) {
      if (broken !== undefined) throw broken;
      const first = Math.floor(offset / chunkBytes);
      const parts = Array.from(
        { length: Math.ceil((offset + target.length) / chunkBytes) - first },
        (_, i) => first + i,
      );
      try {
        await inParallel(parts, concurrency, signal, async (index, signal) => {
          const start = index * chunkBytes;
          const from = Math.max(offset, start);
          const to = Math.min(offset + target.length, start + chunkBytes);
          const part = target.subarray(from - offset, to - offset);
          const isKept = storeFailure === undefined || trusted.has(index) || (await digests()).has(index);
          if (isKept) await readPart(index, part, from - start, signal);
          // Bytes that will not be stored need no whole chunk.
          else await remote.readInto(part, from, { signal });
        });
      } catch (error) {
        throw broken ?? error;
      }
    },
    async close() {
      closing.abort(
        new RondoError('CLOSED', `The source ${identity} was closed.`, { details: { identity } }),
      );
      await Promise.allSettled([...loading.values(), ...downloads]);
      await Promise.all([chunks?.close(), remote.close()]);
    },
  });

  return {
    ...source,
    async download(downloadOptions = {}) {
      closing.signal.throwIfAborted();
      const running = download(downloadOptions);
      downloads.add(running);
      try {
        await running;
      } finally {
        downloads.delete(running);
      }
    },
  };
}

/**
 * The numbers 0, 1, … one at a time: the number of chunks is what the server says, and a list of a false number could be too
 * long.
 */
function* upTo(count: number): Generator<number, void, void> {
  for (let index = 0; index < count; index++) yield index;
}
