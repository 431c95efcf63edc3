// Simulates how much is read again for each token: rounds over the segments in the order of a pass, with the cache's own
// policy and prefetcher, and without any computation.
import type { ModelConfig } from '@rondo/architectures';
import { createLeaseScope } from '../weights/lease-scope.ts';
import type { Residency } from '../weights/residency.ts';
import { createRandom } from '../common/random.ts';

/** Number of rounds until the contents of the cache have settled, and number of counted rounds after them. */
const SETTLING_ROUNDS = 2;
const COUNTED_ROUNDS = 2;
/** Number of rounds of each kind for a model with experts. The rounds of such a model differ, so more rounds are needed. */
const ROUNDS_WITH_EXPERTS = 8;

/** Bytes that the cache loads in a round, on average. Experts are chosen at random, as by a router that prefers none. */
export async function simulatedTokenBytes(
  residency: Residency,
  { expertsUsed }: Pick<ModelConfig, 'expertsUsed'>,
  outer: AbortSignal | undefined,
): Promise<number> {
  const { cache, stages, readOrder } = residency;
  const random = createRandom(0);
  const scope = createLeaseScope(residency.acquire, outer);

  async function use(segments: readonly number[]): Promise<void> {
    for (const index of segments) (await scope.hold([index])).release();
  }

  async function round(): Promise<void> {
    for (const [layer, { segments, before, experts, after, predicts }] of stages.entries()) {
      // A token without speculation does not need the MTP block.
      if (predicts) continue;
      await use(segments);
      if (experts.length === 0) continue;
      const numbers = [...experts.keys()];
      const chosen = Array.from({ length: expertsUsed }, () =>
        numbers.splice(Math.floor(random() * numbers.length), 1),
      )
        .flat()
        .toSorted((a, b) => a - b);
      readOrder.chosen(
        layer,
        chosen.map((expert) => ({ expert, rows: [0] })),
        1,
      );
      await use(before.segments);
      await use(chosen.flatMap((expert) => experts[expert]?.segments ?? []));
      await use(after.segments);
    }
  }

  const hasExperts = stages.some(({ experts }) => experts.length > 0);
  const settling = hasExperts ? ROUNDS_WITH_EXPERTS : SETTLING_ROUNDS;
  const counted = hasExperts ? ROUNDS_WITH_EXPERTS : COUNTED_ROUNDS;
  try {
    for (let count = 0; count < settling; count++) await round();
    const before = cache.stats.bytesLoaded;
    for (let count = 0; count < counted; count++) await round();
    return (cache.stats.bytesLoaded - before) / counted;
  } finally {
    scope.end(undefined);
    await scope.settled();
  }
}
