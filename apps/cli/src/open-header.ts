// Reads what a file says of itself, and nothing of its weights.
import { readGguf, type Gguf } from '@rondo/gguf';
import type { Io } from './io.ts';
import { openSource } from './open-source.ts';

/** @throws UsageError for what is no address; RondoError as `file`, `http` and `readGguf`; the signal's reason */
export async function openHeader(name: string, io: Io): Promise<Gguf> {
  // A header is read from its beginning to its end, which is one request if its parts are not asked for at once.
  const source = await openSource(name, io, { concurrency: 1 });
  try {
    return await readGguf(source, { signal: io.signal });
  } finally {
    await source.close();
  }
}
