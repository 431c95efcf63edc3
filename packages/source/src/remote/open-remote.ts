// Opens a file by its address, using the files stored on this machine.
import { isRondoError, RondoError } from '@rondo/errors';
import type { ByteSource, ReadOptions } from '../byte-source.ts';
import { deferred } from '../deferred.ts';
import { file } from '../file.ts';
import { http, type HttpSource } from '../http.ts';
import type { Fetch } from '../http/requester.ts';
import { tiered } from '../tiered.ts';
import type { ModelAddress } from './address.ts';
import { modelCache, type ModelCache } from './model-cache.ts';

/** How a file is opened by its address. */
export interface OpenRemoteOptions extends ReadOptions {
  /** The number of parts that are fetched at a time. Default 4. */
  readonly concurrency?: number | undefined;
  /** Where the file is stored. Default: the system's folder for caches; a browser stores nothing. */
  readonly cache?: ModelCache | undefined;
  /** Checks the first bytes before anything is stored; throws if the bytes are not the beginning of a model. */
  readonly check?: ((start: Uint8Array) => void) | undefined;
  /** Called once when nothing more can be stored; reading continues. */
  readonly onWarning?: ((warning: RondoError) => void) | undefined;
  /** Called when a file begins to be stored, with its folder. */
  readonly onStoring?: ((name: string, folder: string) => void) | undefined;
  /** The function that sends requests. Default: the platform's `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/** The number of bytes that `check` receives. */
const checkedBytes = 512;

/**
 * The file at an address. Bytes that were read before come from the disk. The server is asked only for missing bytes,
 * not whether the file has changed meanwhile.
 *
 * @throws RondoError as `http`; any error of `check`. Reads throw `SOURCE_CHANGED` if missing bytes belong to a file that
 * has changed
 */
export async function openRemote(
  address: ModelAddress,
  options: OpenRemoteOptions = {},
): Promise<ByteSource> {
  const { url } = address;
  const { concurrency, check, onWarning, onStoring } = options;
  const isNode = globalThis.process?.getBuiltinModule !== undefined;
  const cache = options.cache ?? (isNode ? modelCache() : undefined);
  if (cache === undefined) return openHttp(address, { ...options, check });
  const { store, known, folder } = cache;
  const before = await known.recall(url);
  if (before !== undefined) {
    const path = await store.wholeFile(before.identity);
    if (path !== undefined) return file(path);
  }
  let remote: ByteSource;
  if (before?.pinned) {
    remote = deferred(before, async (signal) =>
      unchanged(await openHttp(address, { ...options, signal }), before.identity),
    );
  } else {
    const opened = await openHttp(address, options);
    // Without the note, the next run asks the server again, which does no harm.
    if (opened.pinned) await known.remember(url, opened).catch(() => {});
    onStoring?.(url.origin + url.pathname, folder);
    remote = opened;
  }
  return tiered(remote, store, { concurrency, onWarning });
}

/**
 * Opens an address and checks the file's first bytes.
 *
 * @throws RondoError as `http`; any error of `check`
 */
export async function openHttp(
  { url, token, isHubName }: ModelAddress,
  { signal, check, fetch }: Pick<OpenRemoteOptions, 'signal' | 'check' | 'fetch'>,
): Promise<HttpSource> {
  const source = await http(url, { token, signal, fetch }).catch((error: unknown) => {
    throw withAdvice(error, isHubName, token !== undefined);
  });
  try {
    if (check) {
      const start = new Uint8Array(Math.min(checkedBytes, source.size));
      await source.readInto(start, 0, { signal });
      check(start);
    }
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

function withAdvice(error: unknown, isHubName: boolean, hadToken: boolean): unknown {
  if (!isRondoError(error)) return error;
  const { status } = error.details;
  if ((status !== 401 && status !== 403) || (isHubName && hadToken)) return error;
  const advice = isHubName
    ? 'No token is known: set HF_TOKEN to one that may read the file.'
    : 'The token of HF_TOKEN goes to names that begin with hf: only: write hf:owner/repository/file.gguf.';
  return new RondoError(error.code, `${error.message} ${advice}`, { details: error.details });
}

async function unchanged(source: HttpSource, identity: string): Promise<HttpSource> {
  if (source.identity === identity) return source;
  await source.close();
  throw new RondoError(
    'SOURCE_CHANGED',
    `Part of ${identity} is stored here, and the server has another file now. Get that with rondo pull.`,
    { details: { identity, found: source.identity } },
  );
}
