// Reads what a file says of itself, and nothing of its weights.
import { readGguf, type Gguf } from '@rondo/gguf';
import { file } from '@rondo/source';
import type { Io } from './io.ts';
import { modelPath } from './model-path.ts';

/** @throws UsageError for an address; RondoError as `file` and `readGguf`; the signal's reason */
export async function openHeader(name: string, { signal }: Io): Promise<Gguf> {
  const source = await file(modelPath(name));
  try {
    return await readGguf(source, { signal });
  } finally {
    await source.close();
  }
}
