// Assigns buffers to the temporaries of a submission: temporaries with disjoint lifetimes share a buffer. Only numbers of
// buffers are computed: nothing is allocated.
//
// Temporaries are whole buffers, not ranges of one buffer: in WebGPU a dispatch cannot read and write the same buffer.
import type { ReadLater } from './fuse.ts';
import type { Region } from './gpu-tensors.ts';
import { readsOf, writesOf, type Operation } from './operations/operation.ts';

/** The buffers of temporaries. */
export interface Placement {
  /** Number of each temporary's buffer. */
  readonly places: ReadonlyMap<Region, number>;
  /** Bytes that each buffer needs. */
  readonly sizes: readonly number[];
}

/** Places the temporaries of one submission, which may come in several parts. */
export interface Placer {
  /** Places the temporaries of operations that run next, in this order. Regions that are read later keep their buffer. */
  place(operations: readonly Operation[], isReadLater: ReadLater): Placement;
}

/** Creates a placer without placed temporaries. */
export function createPlacer(): Placer {
  const places = new Map<Region, number>();
  const sizes: number[] = [];
  const free = new Set<number>();

  /** The smallest free buffer that is large enough; else the largest free buffer, enlarged; else a new buffer. */
  function take(bytes: number): number {
    const size = (place: number) => sizes[place] ?? 0;
    const bySize = [...free].toSorted((a, b) => size(a) - size(b));
    const place = bySize.find((one) => size(one) >= bytes) ?? bySize.at(-1) ?? sizes.length;
    free.delete(place);
    sizes[place] = Math.max(size(place), bytes);
    return place;
  }

  return {
    place(operations, isReadLater) {
      const temporaries = operations.map(
        (operation) =>
          new Set([...readsOf(operation), ...writesOf(operation)].filter(({ buffer }) => !buffer)),
      );
      const lastUse = new Map<Region, number>();
      for (const [index, regions] of temporaries.entries())
        for (const region of regions) lastUse.set(region, index);
      for (const [index, regions] of temporaries.entries()) {
        for (const region of regions) if (!places.has(region)) places.set(region, take(region.bytes));
        for (const region of regions) {
          const place = places.get(region);
          if (lastUse.get(region) === index && place !== undefined && !isReadLater(region)) free.add(place);
        }
      }
      return { places, sizes };
    },
  };
}
