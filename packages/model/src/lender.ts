// Lends the weights of a pass: each when the backend comes to it, for as long as it computes with it.
import type { Lease } from '@rondo/cache';
import type { LeaseWeight, Weight, WeightLease } from '@rondo/tensor';
import type { LoadedSegment, Residency } from './residency.ts';

/** Lends weights during one pass. */
export interface Lender {
  /**
   * For `Backend.submit`, of work after which so many batches will ask for the same weights again. After a failure, or an
   * abort, it fails for all that is asked of it.
   */
  lease(further: number): LeaseWeight;
  /** Gives back what was not: of segments of which not all weights were asked for. Only when no work uses them. */
  end(): void;
}

/** A segment in use. */
interface Open {
  readonly segment: Promise<Lease<LoadedSegment>>;
  /** How many weights are in it. */
  readonly weights: number;
  /** How often its weights are still to be asked for, and how many are lent. */
  left: number;
  lent: number;
  /** What gives it back. */
  release(): void;
}

/** Share of a pass's room that segments may take which are kept for batches to come; the rest is to read ahead in. */
const KEPT_SHARE = 1 / 2;

/** A lender over the segments of a residency. What further batches will ask for is kept as far as there is room. */
export function createLender(residency: Residency, signal: AbortSignal | undefined): Lender {
  const open = new Map<number, Open>();
  let keeps = true;
  const stopListening = residency.onWanted(() => {
    keeps = false;
    for (const opened of open.values()) {
      // The batch that is using it goes on to do so.
      opened.left %= opened.weights;
      releaseIfDone(opened);
    }
  });
  /** Weights that are lent, and who waits for there to be none. */
  let lent = 0;
  let waiting: (() => void)[] = [];
  let failed: { readonly error: unknown } | undefined;

  async function allReturned(): Promise<void> {
    if (lent > 0) await new Promise<void>((resolve) => waiting.push(resolve));
  }

  async function bring(index: number): Promise<Lease<LoadedSegment>> {
    // What has been computed makes room first: so the policy may evict it, and reading ahead is the prefetcher's alone.
    if (!residency.cache.has(index)) await allReturned();
    if (failed) throw failed.error;
    return residency.acquire(index, signal);
  }

  /** Whether a segment can be kept beside those that are. */
  function hasRoomToKeep(index: number): boolean {
    const kept = [...open].filter(([other, { left }]) => other !== index && left > 0);
    const bytes = kept.reduce((sum, [other]) => sum + residency.sizeOf(other), residency.sizeOf(index));
    return keeps && bytes <= residency.passBytes * KEPT_SHARE;
  }

  function openSegment(index: number, further: number): Open {
    const weights = residency.segments[index]?.weights.size ?? 0;
    const segment = bring(index).then((lease) => {
      if (hasRoomToKeep(index)) opened.left += weights * further;
      return lease;
    });
    const opened: Open = {
      segment,
      weights,
      left: weights,
      lent: 0,
      release: () => {
        open.delete(index);
        void segment.then(
          (lease) => lease.release(),
          () => {},
        );
      },
    };
    open.set(index, opened);
    return opened;
  }

  async function lease(described: Weight, further: number): Promise<WeightLease> {
    const index = residency.segmentOf(described);
    try {
      signal?.throwIfAborted();
      const opened = open.get(index) ?? openSegment(index, further);
      // Asked for by the next batch, while one for which it was opened is still computing with it.
      if (opened.left === 0) opened.left = opened.weights;
      opened.left -= 1;
      opened.lent += 1;
      const { value } = await opened.segment;
      const weight = value.weights.get(described);
      if (!weight) throw new RangeError('A weight that its segment does not hold.');
      lent += 1;
      return { weight, release: () => giveBack(opened) };
    } catch (error) {
      failed ??= { error };
      throw error;
    }
  }

  function releaseIfDone(opened: Open): void {
    if (opened.left === 0 && opened.lent === 0) opened.release();
  }

  function giveBack(opened: Open): void {
    opened.lent -= 1;
    releaseIfDone(opened);
    lent -= 1;
    if (lent > 0) return;
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  }

  return {
    lease: (further) => (described) => lease(described, further),
    end() {
      stopListening();
      for (const { release } of open.values()) release();
    },
  };
}
