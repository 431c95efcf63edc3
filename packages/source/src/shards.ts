// Joins several sources into one source. The meaning of the bytes, and whether the shards belong together, is not checked.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';

/** How shards are placed in the joined source. */
export interface ShardsOptions {
  /**
   * Each shard begins at a multiple of this many bytes; gaps read as zeros. Default 1: no gaps. `'alignment'` is the
   * largest alignment among the shards, so that all shards can still be read directly.
   */
  readonly startMultiple?: number | 'alignment' | undefined;
}

/** One source made of several. */
export interface Shards extends ByteSource {
  /** The offset at which each shard begins. */
  readonly starts: readonly number[];
}

/**
 * The bytes of `sources` one after another, as one source. Closing the result closes `sources`.
 *
 * The alignment of the result is the largest alignment among `sources` if every source begins at a multiple of that
 * alignment. Otherwise the alignment is 1, because an aligned read of the result would not be aligned in a shard.
 *
 * @throws RondoError `BAD_ARGUMENT` if `sources` is empty
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
      // One read after another: if reads ran at the same time and one failed, the others would still write to the target.
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
