// Opens several sources: all of them or none.
import type { ByteSource } from './byte-source.ts';

/** How sources are opened. */
export interface OpenAllOptions {
  /** Sources that are opened at the same time. Default: all. */
  readonly concurrency?: number | undefined;
}

/**
 * Opens a source for each name. After a failure no other source is opened.
 *
 * @throws the first error, in the order of the names; opened sources are closed first
 */
export async function openAll(
  names: readonly string[],
  open: (name: string) => Promise<ByteSource>,
  { concurrency = names.length }: OpenAllOptions = {},
): Promise<ByteSource[]> {
  const opened: (PromiseSettledResult<ByteSource> | undefined)[] = names.map(() => undefined);
  const queue = names.entries();
  let hasFailed = false;
  async function worker(): Promise<void> {
    for (const [index, name] of queue) {
      if (hasFailed) return;
      const [result] = await Promise.allSettled([Promise.resolve(name).then(open)]);
      opened[index] = result;
      hasFailed ||= result.status === 'rejected';
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, names.length) }, worker));
  const sources = opened.flatMap((result) => (result?.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result?.status === 'rejected');
  if (failed === undefined) return sources;
  await Promise.all(sources.map((source) => source.close()));
  throw failed.reason;
}
