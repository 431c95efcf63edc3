// Opens several sources, all of them or none.
import type { ByteSource } from './byte-source.ts';

/**
 * Opens a source for each name, at once.
 *
 * @throws whatever the first that fails throws, in the order of the names; those that were opened are closed then
 */
export async function openAll(
  names: readonly string[],
  open: (name: string) => Promise<ByteSource>,
): Promise<ByteSource[]> {
  const opened = await Promise.allSettled(names.map(open));
  const sources = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (!failed) return sources;
  await Promise.all(sources.map((source) => source.close()));
  throw failed.reason;
}
