// Reads what a file says of itself, and nothing of its weights.
import type { Gguf } from '@rondo/gguf';
import type { Io } from './io.ts';
import { openGguf } from './open-source.ts';

/** @throws as `openGguf` */
export async function openHeader(name: string, io: Io): Promise<Gguf> {
  // A header is read from its beginning to its end, which is one request if its parts are not asked for at once.
  const { gguf, source } = await openGguf(name, io, { concurrency: 1 });
  await source.close();
  return gguf;
}
