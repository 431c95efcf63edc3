// One source over several, end to end. What the bytes mean, and whether the shards belong together, it does not know.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';

/** How shards lie in the whole. */
export interface ShardsOptions {
  /**
   * Each shard begins at a multiple of this many bytes; gaps read as zeros. Default 1: no gaps. With `'alignment'` it is
   * the largest alignment among the shards, so that all of them can still be read the direct way.
   */
  readonly startMultiple?: number | 'alignment' | undefined;
}

/** One source over several. */
export interface Shards extends ByteSource {
  /** Where each of them begins. */
  readonly starts: readonly number[];
}

/**
 * The bytes of `sources` one after another, as if they were one. They are closed with it.
 *
 * Its alignment is the largest among theirs when every one of them begins at a multiple of it; otherwise 1, since an
 * aligned read of the whole would be none of its parts.
 *
 * @throws RondoError `BAD_ARGUMENT` when there are none
 */
export function shards(sources: readonly ByteSource[], options: ShardsOptions = {}): Shards {
  if (sources.length === 0) {
    throw new RondoError('BAD_ARGUMENT', 'shards() takes at least one source.');
  }
  const alignment = sources.reduce((most, source) => Math.max(most, source.alignment), 1);
  const { startMultiple = 1 } = options;
  const multiple = startMultiple === 'alignment' ? alignment : startMultiple;
  let size = 0;
  const placed = sources.map((source) => {
    const start = Math.ceil(size / multiple) * multiple;
    size = start + source.size;
    return { source, start, end: size };
  });

  const whole = createSource({
    size,
    identity: `shards:${sources.map((source) => source.identity).join('+')}`,
    name: `${sources.length} shards`,
    alignment: placed.every(({ start }) => start % alignment === 0) ? alignment : 1,
    async read(target, offset, signal) {
      if (multiple > 1) target.fill(0);
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
  return { ...whole, starts: placed.map(({ start }) => start) };
}
