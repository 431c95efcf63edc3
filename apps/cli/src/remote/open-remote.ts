// Opens a model by its address, through the files stored on this machine.
import { join } from 'node:path';
import { RondoError } from '@rondo/errors';
import {
  deferred,
  file,
  folderStore,
  http,
  tiered,
  type ByteSource,
  type FolderStore,
  type HttpSource,
} from '@rondo/source';
import type { Io } from '../io.ts';
import { oneLine } from '../output/printable.ts';
import type { Address } from './address.ts';
import { cacheFolder } from './cache-folder.ts';
import { knownFiles, type KnownFiles } from './known-files.ts';

/** Models that are stored on this machine. */
export interface ModelCache {
  readonly store: FolderStore;
  readonly known: KnownFiles;
}

/** The cache in the system's folder for such. */
export function modelCache(): ModelCache {
  const folder = cacheFolder();
  return { store: folderStore(join(folder, 'files')), known: knownFiles(join(folder, 'addresses')) };
}

/** Shows what `tiered` warns of. */
export function warnOn(stderr: Io['stderr']): (warning: RondoError) => void {
  return (warning) => stderr.write(oneLine(`rondo: warning: ${warning.message}`));
}

/** How a model is opened by its address. */
export interface OpenRemoteOptions {
  /** Parts that are fetched at a time. */
  readonly concurrency?: number;
}

/**
 * The file at an address. What was read of it before comes from the disk, and the network is not asked unless there is
 * more to read: whether the file there has changed meanwhile is `rondo pull`'s affair.
 *
 * @throws RondoError as `http`; reads throw `SOURCE_CHANGED` when more is needed of a file that is another one now
 */
export async function openRemote(
  { url, token }: Address,
  { signal, stderr }: Io,
  { concurrency }: OpenRemoteOptions = {},
): Promise<ByteSource> {
  const { store, known } = modelCache();
  const before = await known.recall(url);
  if (before !== undefined) {
    const path = await store.wholeFile(before.identity);
    if (path !== undefined) return file(path);
  }
  let remote: ByteSource;
  if (before?.pinned) {
    remote = deferred(before, async (signal) =>
      unchanged(await http(url, { token, signal }), before.identity),
    );
  } else {
    const opened = await http(url, { token, signal });
    // Without the note, the next run asks the server again; that is all.
    if (opened.pinned) await known.remember(url, opened).catch(() => {});
    remote = opened;
  }
  return tiered(remote, store, { concurrency, onWarning: warnOn(stderr) });
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
