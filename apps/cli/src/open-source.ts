// Opens the source of a model by any name: a path, an address, or `demo`.
import { openShards, readShards, type JoinedGguf } from '@rondo/gguf';
import { file, isAddress, type ByteSource } from '@rondo/source';
import type { Io } from './io.ts';
import { modelPath } from './model-path.ts';
import { addressOf, openRemoteModel } from './open-remote.ts';

/**
 * The source of a model; if the name is one file of a split model, the sources of all its files.
 *
 * @throws UsageError for an invalid address; RondoError as `file` and `http`
 */
export function openSources(
  name: string,
  io: Io,
  options: { readonly concurrency?: number } = {},
): Promise<readonly ByteSource[]> {
  return openShards(
    name,
    async (one) => {
      return isAddress(one) ? openRemoteModel(await addressOf(one), io, options) : file(modelPath(one));
    },
    { signal: io.signal },
  );
}

/**
 * The header of a model, and its bytes as one source that the caller closes.
 *
 * @throws as `openSources`; RondoError as `readShards`; the signal's reason. No source then stays open
 */
export async function openGguf(
  name: string,
  io: Io,
  options?: { readonly concurrency?: number },
): Promise<JoinedGguf> {
  const sources = await openSources(name, io, options);
  try {
    return await readShards(sources, { signal: io.signal });
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}
