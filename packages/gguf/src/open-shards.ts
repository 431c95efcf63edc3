// Opens the files of a model by name: one file, or all files of a split model. A name only claims a number of files, so
// the first file is read before the other files are opened.
import { RondoError } from '@rondo/errors';
import { openAll, type ByteSource, type ReadOptions } from '@rondo/source';
import { findInteger } from './accessors.ts';
import { readGguf } from './read.ts';
import { checkIsNoPart, shardNames } from './shard-names.ts';

/** Files of a split model that are opened at the same time. */
const SHARDS_AT_ONCE = 8;

/**
 * The files of the model to which the file `name` belongs, in their order. If `name` is one file of a split model
 * (`-00001-of-00003.gguf`), the first file is opened and read. The other files are opened, eight at a time, only if the
 * first file states the same number of files.
 *
 * @param open opens the file with the given name, path or address
 * @throws RondoError `NOT_A_MODEL` for a piece of a file, `SHARD_MISMATCH` if the first file states another number of
 * files, any error of `readGguf` and of `open`. No file then stays open
 */
export async function openShards(
  name: string,
  open: (name: string) => Promise<ByteSource>,
  options: ReadOptions = {},
): Promise<ByteSource[]> {
  checkIsNoPart(name);
  const [firstName = name, ...otherNames] = shardNames(name) ?? [];
  const first = await open(firstName);
  if (otherNames.length === 0) return [first];
  try {
    await checkShardCount(first, otherNames.length + 1, options);
    const others = await openAll(otherNames, open, { concurrency: SHARDS_AT_ONCE });
    return [first, ...others];
  } catch (error) {
    await first.close();
    throw error;
  }
}

/**
 * Checks that the first file of a split model states the number of files that its name states.
 *
 * @throws RondoError `SHARD_MISMATCH`; any error of `readGguf`
 */
export async function checkShardCount(
  first: ByteSource,
  named: number,
  options: ReadOptions = {},
): Promise<void> {
  const count = findInteger(await readGguf(first, options), 'split.count') ?? 1;
  if (count === named) return;
  throw new RondoError(
    'SHARD_MISMATCH',
    `By its name the model is split into ${named} files, by the header of the first file into ${count}. Give the names that the files had where they come from.`,
    { details: { named, count } },
  );
}
