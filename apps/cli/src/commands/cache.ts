// `rondo cache`: lists and deletes stored models that were named by their address.
import { formatBytes } from '@rondo/model';
import { isAddress, modelCache, type CachedFile } from '@rondo/source';
import type { Io } from '../io.ts';
import { addressOf } from '../open-remote.ts';
import type { cacheOptions, ValuesOf } from '../options.ts';
import { columns } from '../output/columns.ts';
import { counted, percent } from '../output/numbers.ts';
import { jsonLine, oneLine } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Lists the stored files (`list`), deletes named files (`rm ADDRESS…`), or deletes useless files (`prune`): incomplete files,
 * damaged files, and files that no address leads to.
 *
 * @throws UsageError; errors of the file system
 */
export async function cache(
  action: string,
  options: ValuesOf<typeof cacheOptions>,
  io: Io,
  names: readonly string[],
): Promise<void> {
  const stored = modelCache();
  const files = await stored.list();
  if (action !== 'rm' && names.length > 0)
    throw new UsageError(`rondo cache ${action} takes no addresses; rm does.`);
  if (action === 'list') {
    io.stdout.write(options.json ? jsonLine({ folder: stored.folder, files }) : asText(stored.folder, files));
    return;
  }
  const chosen = action === 'rm' ? await namedFiles(files, names, options.all) : files.filter(isUseless);
  if (action !== 'rm' && action !== 'prune')
    throw new UsageError(`rondo cache has list, rm and prune, no "${action}".`);
  for (const file of chosen) await stored.remove(file);
  const deletedBytes = chosen.reduce((sum, file) => sum + file.storedBytes, 0);
  if (options.json) io.stdout.write(jsonLine({ deletedBytes, files: chosen }));
  else io.stderr.write(`${counted(chosen.length, 'file')} deleted, ${formatBytes(deletedBytes)}\n`);
}

function isUseless({ isWhole, identity }: CachedFile): boolean {
  return !isWhole || identity === undefined;
}

async function namedFiles(
  files: readonly CachedFile[],
  names: readonly string[],
  all: boolean,
): Promise<CachedFile[]> {
  if (all === names.length > 0)
    throw new UsageError('give addresses, as rondo cache list shows them, or --all.');
  if (all) return [...files];
  const chosen = new Set<CachedFile>();
  for (const name of names) {
    const { url } = isAddress(name) ? await addressOf(name) : { url: undefined };
    const address = url && url.origin + url.pathname;
    const found = files.filter(
      (file) => file.path === name || (address !== undefined && file.name === address),
    );
    if (found.length === 0) throw new UsageError(`nothing is stored of ${name}.`);
    for (const file of found) chosen.add(file);
  }
  return [...chosen];
}

function asText(folder: string, files: readonly CachedFile[]): string {
  const bytes = files.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const rows = files.map(({ name, path, storedBytes, sizeBytes, isWhole }) => [
    formatBytes(storedBytes),
    isWhole ? 'whole' : sizeBytes === undefined ? 'part' : percent(Math.min(0.99, storedBytes / sizeBytes)),
    name ?? path,
  ]);
  return [`${folder}: ${counted(files.length, 'file')}, ${formatBytes(bytes)}`, ...columns(rows)]
    .map(oneLine)
    .join('');
}
