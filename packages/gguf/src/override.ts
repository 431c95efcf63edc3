// Other values for keys of the metadata than a file has.
import type { HasMetadata } from './accessors.ts';
import type { MetadataValue } from './types.ts';

/** A file some of whose metadata is given by somebody else. */
export interface Overridden<File extends HasMetadata> {
  readonly gguf: File;
  /** The keys of overrides that nobody has read so far: overrides without an effect. */
  unread(): readonly string[];
}

/** The file with `overrides` in its metadata, keys that the file does not have among them. */
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
