// Opens the files of a model by path: one, or all of a split model.
import { openShards } from '@rondo/gguf';
import { file, type ByteSource, type ReadOptions } from '@rondo/source';

/**
 * Opens the file, or, where its name is that of one file of a split model (`-00001-of-00003.gguf`), all of them.
 *
 * @throws RondoError as `file` and `openShards` do; nothing stays open then
 */
export function openFiles(path: string, options: ReadOptions = {}): Promise<ByteSource[]> {
  return openShards(path, (name) => file(name), options);
}
