// Lends the weights of a pass: each when the backend comes to it, for as long as it computes with it.
import type { Lease } from '@rondo/cache';
import type { LeaseWeight, Weight, WeightLease } from '@rondo/tensor';
import type { LoadedSegment, Residency } from './residency.ts';

/** Lends weights during one pass. */
export interface Lender {
  /** For `Backend.submit`. After a failure it fails for all that is asked of it. */
  readonly lease: LeaseWeight;
  /** Gives back what was not: of segments of which not all weights were asked for. Only when no work uses them. */
  end(): void;
}

/** A segment in use. */
interface Open {
  readonly segment: Promise<Lease<LoadedSegment>>;
  /** How many of its weights are still to be used. */
  left: number;
  /** What gives it back. */
  release(): void;
}

/** A lender over the segments of a residency. */
export function createLender(residency: Residency, signal: AbortSignal | undefined): Lender {
  const open = new Map<number, Open>();
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

  function openSegment(index: number): Open {
    const segment = bring(index);
    const opened: Open = {
      segment,
      left: residency.segments[index]?.weights.size ?? 0,
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

  async function lease(described: Weight): Promise<WeightLease> {
    const index = residency.segmentOf(described);
    const opened = open.get(index) ?? openSegment(index);
    try {
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

  function giveBack(opened: Open): void {
    opened.left -= 1;
    if (opened.left === 0) opened.release();
    lent -= 1;
    if (lent > 0) return;
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  }

  return {
    lease,
    end() {
      for (const { release } of open.values()) release();
    },
  };
}
