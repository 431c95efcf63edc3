// Opens what a model is read from, by whatever name it has: a path, an address, or `demo`.
import { openShards, readShards, type JoinedGguf } from '@rondo/gguf';
import { file, isAddress, type ByteSource } from '@rondo/source';
import type { Io } from './io.ts';
import { modelPath } from './model-path.ts';
import { addressOf, openRemoteModel } from './open-remote.ts';

/**
 * The source of a model, or, where the name is that of one file of a split model, those of all its files.
 *
 * @throws UsageError for what is no address; RondoError as `file` and `http`
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
 * The header of a model and its bytes as one source, to be closed.
 *
 * @throws as `openSources`; RondoError as `readShards`; the signal's reason. Nothing stays open then
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
