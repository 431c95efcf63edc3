// Overrides of a file's metadata.
import type { HasMetadata } from './accessors.ts';
import type { MetadataValue } from './types.ts';

/** A file with overrides in its metadata. */
export interface Overridden<File extends HasMetadata> {
  readonly gguf: File;
  /** The overridden keys that no code has read so far: overrides without an effect. */
  unread(): readonly string[];
}

/** The file with `overrides` in its metadata, including keys that the file does not have. */
export function overrideMetadata<File extends HasMetadata>(
  gguf: File,
  overrides: Iterable<readonly [key: string, value: MetadataValue]>,
): Overridden<File> {
  const metadata = new Map(gguf.metadata);
  const unread = new Set<string>();
  for (const [key, value] of overrides) {
    metadata.set(key, value);
    unread.add(key);
  }
  const get = metadata.get.bind(metadata);
  metadata.get = (key) => {
    unread.delete(key);
    return get(key);
  };
  return { gguf: { ...gguf, metadata }, unread: () => [...unread] };
}
