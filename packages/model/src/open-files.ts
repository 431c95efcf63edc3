// Opens the files of a model by path: one, or all of a split model.
import { shardNames } from '@rondo/gguf';
import { file, type ByteSource } from '@rondo/source';

/**
 * Opens the file, or, where its name is that of one file of a split model (`-00001-of-00003.gguf`), all of them.
 *
 * @throws RondoError as `file` does; nothing stays open then
 */
export async function openFiles(path: string): Promise<ByteSource[]> {
  const opened = await Promise.allSettled((shardNames(path) ?? [path]).map((name) => file(name)));
  const sources = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (!failed) return sources;
  await Promise.all(sources.map((source) => source.close()));
  throw failed.reason;
}
