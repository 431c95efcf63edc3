// A remote source with a store in front: what has been read once is not fetched again, in this run or a later one.
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
  /** Bytes that are fetched and stored as one, a multiple of 4096. Default 4 MiB. */
  readonly chunkBytes?: number | undefined;
  /** Chunks that one read or the download fetches at a time; each takes its bytes of memory meanwhile. Default 4. */
  readonly concurrency?: number | undefined;
  /** What the SHA-256 of the whole must be; `download` verifies it. */
  readonly sha256?: string | undefined;
  /** Told once when nothing can be stored any more, say because the disk is full; reading goes on without. */
  readonly onWarning?: ((warning: RondoError) => void) | undefined;
}

/** How a download is watched and stopped. */
export interface DownloadOptions extends ReadOptions {
  /** Called with the bytes that are stored, of the whole, as they become more; first with those there already. */
  readonly onProgress?: ((storedBytes: number, totalBytes: number) => void) | undefined;
}

/** A source with a store. */
export interface TieredSource extends ByteSource {
  /**
   * Fetches what is missing, verifies all of it, and seals it in the store. The source may be read meanwhile.
   *
   * @throws RondoError `DIGEST_MISMATCH` when the whole is not what its digest promises: it is put out of reach, and later
   * reads throw it too; `READ_FAILED` when it cannot be stored; whatever the remote source throws; the signal's reason
   */
  download(options?: DownloadOptions): Promise<void>;
}

/**
 * `remote`, with `store` in front of it. Chunks are kept with their digest under the remote's identity: those of another
 * identity are never used, those that are gone or damaged are fetched again. A read that is aborted lets the chunks on
 * their way arrive, for the next one. Closes the remote source.
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

  /** What keeps chunks from being stored. */
  let storeFailure: RondoError | undefined;
  /** What makes every read fail. */
  let broken: RondoError | undefined;
  /** Chunks that were found right in this run, and are read from the store without looking at the rest of them. */
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
    // A store that cannot tell what it has, has nothing.
    return (await chunks?.digests().catch(() => undefined)) ?? new Map();
  }

  /** A chunk from the store, if it is there and right. */
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

  /** Looks for a chunk and fetches it where need be, once for all who want it. */
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
      // Where one is gone, somebody was at the others too.
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
      // Also what was stored before: it is looked at once more, since nobody will again.
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
          // What will not be stored needs no chunk around it.
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

/** 0, 1, … one at a time: how many chunks there are, a server only claims. */
function* upTo(count: number): Generator<number, void, void> {
  for (let index = 0; index < count; index++) yield index;
}
