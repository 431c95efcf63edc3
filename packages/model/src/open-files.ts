// Opens the files of a model by path: one, or all of a split model.
import { shardNames } from '@rondo/gguf';
import { file, openAll, type ByteSource } from '@rondo/source';

/**
 * Opens the file, or, where its name is that of one file of a split model (`-00001-of-00003.gguf`), all of them.
 *
 * @throws RondoError as `file` does; nothing stays open then
 */
export function openFiles(path: string): Promise<ByteSource[]> {
  return openAll(shardNames(path) ?? [path], (name) => file(name));
}
