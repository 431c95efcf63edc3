// The work that a pass has under way, and the segments that it holds. A pass ends only when its work has ended; then it holds
// nothing, even after a failure. Decision 21.
import { createLeaseScope, type Hold, type LeaseScope } from '../weights/lease-scope.ts';
import type { LoadedSegment, Residency } from '../weights/residency.ts';

/** Segments that a pass holds. */
export type HeldSegments = Hold<LoadedSegment>;

/** One pass under way. */
export interface PassScope extends Pick<LeaseScope<number, LoadedSegment>, 'signal' | 'hold'> {
  /** Starts work that goes on beside the pass. If the work fails, the pass is aborted and fails with the same error. */
  begin(work: () => Promise<void>): void;
  /** Resolves when fewer than `most` pieces of work are under way. @throws the signal's reason */
  caughtUp(most: number): Promise<void>;
}

/**
 * Runs a pass. Settles when all of its work has settled and no acquisition is pending; then no lease is held.
 *
 * @throws the first error of the pass or of its work; the signal's reason
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
  // Nothing more is needed, and nothing is in use.
  leases.end(failure?.error);
  await leases.settled();
  if (failure) throw failure.error;
}
