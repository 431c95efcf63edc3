// One source over several, end to end. What the bytes mean, and whether the shards belong together, it does not know.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';

/**
 * The bytes of `sources` one after another, as if they were one. They are closed with it.
 *
 * Its alignment is the largest among theirs when every one of them begins at a multiple of it, as the parts of a file
 * cut at whole pages do; otherwise 1, since an aligned read of the whole would be none of its parts.
 *
 * @throws RondoError `BAD_ARGUMENT` when there are none
 */
export function shards(sources: readonly ByteSource[]): ByteSource {
  if (sources.length === 0) {
    throw new RondoError('BAD_ARGUMENT', 'shards() takes at least one source.');
  }
  let size = 0;
  const placed = sources.map((source) => {
    const start = size;
    size += source.size;
    return { source, start, end: size };
  });
  const alignment = Math.max(...sources.map((source) => source.alignment));

  return createSource({
    size,
    identity: `shards:${sources.map((source) => source.identity).join('+')}`,
    name: `${sources.length} shards`,
    alignment: placed.every(({ start }) => start % alignment === 0) ? alignment : 1,
    async read(target, offset, signal) {
      // One after another: were one to fail, the others would still write to the target.
      for (const { source, start, end } of placed) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + target.length, end);
        if (from < to)
          await source.readInto(target.subarray(from - offset, to - offset), from - start, { signal });
      }
    },
    async close() {
      await Promise.all(sources.map((source) => source.close()));
    },
  });
}
