// What one pass has under way and what it holds: a pass is over only when its work is, and holds nothing then, however it
// ends. Decision 21.
import { createLeaseScope, type Hold, type LeaseScope } from '../weights/lease-scope.ts';
import type { LoadedSegment, Residency } from '../weights/residency.ts';

/** Segments that a pass holds. */
export type HeldSegments = Hold<LoadedSegment>;

/** One pass under way. */
export interface PassScope extends Pick<LeaseScope<number, LoadedSegment>, 'signal' | 'hold'> {
  /** Lets work go on beside the pass. Its failure aborts the pass, and is what the pass fails with. */
  begin(work: () => Promise<void>): void;
  /** Resolves when fewer than `most` pieces of work are under way. @throws the signal's reason */
  caughtUp(most: number): Promise<void>;
}

/**
 * Runs a pass. Settles when all of its work has, and everything that it asked for has come or failed; then no lease is held.
 *
 * @throws what failed first, in the pass or in its work; the signal's reason
 */
export async function runPass(
  { acquire }: Pick<Residency, 'acquire'>,
  outer: AbortSignal | undefined,
  pass: (scope: PassScope) => Promise<void>,
): Promise<void> {
  const leases = createLeaseScope(acquire, outer);
  const { signal, hold } = leases;
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    failure ??= { error };
    leases.abort(error);
  }

  async function caughtUp(most: number): Promise<void> {
    for (const piece of underWay) {
      if (underWay.size < most) break;
      await piece;
    }
    signal.throwIfAborted();
  }

  try {
    await pass({
      signal,
      hold,
      begin(work) {
        const piece = work()
          .catch(fail)
          .finally(() => underWay.delete(piece));
        underWay.add(piece);
      },
      caughtUp,
    });
  } catch (error) {
    fail(error);
  }
  await Promise.all(underWay);
  // Nothing more is wanted, and nothing is in use.
  leases.end(failure?.error);
  await leases.settled();
  if (failure) throw failure.error;
}
