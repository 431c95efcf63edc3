// Reads the header of a file and none of its weights.
import type { Gguf } from '@rondo/gguf';
import type { Io } from './io.ts';
import { openGguf } from './open-source.ts';

/** @throws as `openGguf` */
export async function openHeader(name: string, io: Io): Promise<Gguf> {
  // A header is read from beginning to end. One request is enough for it if no parts are requested in parallel.
  const { gguf, source } = await openGguf(name, io, { concurrency: 1 });
  await source.close();
  return gguf;
}
