// Lends the weights of a pass: each weight when the backend needs it, until the backend has computed with it.
import type { LeaseWeight, WeightLease, WeightRef } from '@rondo/tensor';
import type { HeldSegments, PassScope } from './pass-scope.ts';
import type { Residency } from '../weights/residency.ts';

/** Lends weights during one pass. */
export interface WeightLeases {
  /**
   * For `Backend.submit`: leases the weights for the work of one batch. `further` more batches will ask for the same weights
   * afterwards. After a failure or an abort, every lease fails.
   */
  lease(further: number): LeaseWeight;
  /** Stops listening for callers that need room. The scope of the pass releases the segments that are still held. */
  end(): void;
}

/** A segment in use. */
interface Open {
  readonly segment: Promise<HeldSegments>;
  /** Number of weights in the segment. */
  readonly weights: number;
  /** Number of further requests for weights of the segment. */
  left: number;
  /** Number of weights that are lent now. */
  lent: number;
  /** Gives the segment back. */
  release(): void;
}

/** The largest share of a pass's room for segments that are kept for further batches; the rest is for reading ahead. */
const KEPT_SHARE = 1 / 2;

/** Leases of the weights of a residency. Segments that further batches will ask for are kept as far as there is room. */
export function createWeightLeases(
  residency: Residency,
  scope: Pick<PassScope, 'signal' | 'hold'>,
): WeightLeases {
  const open = new Map<number, Open>();
  let keeps = true;
  const stopListening = residency.onWanted(() => {
    keeps = false;
    for (const opened of open.values()) {
      // The batch that is using the segment keeps it.
      opened.left %= opened.weights;
      releaseIfDone(opened);
    }
  });
  /** The number of lent weights, and the callbacks to call when no weight is lent. */
  let lent = 0;
  let waiting: (() => void)[] = [];

  async function allReturned(): Promise<void> {
    if (lent > 0) await new Promise<void>((resolve) => waiting.push(resolve));
  }

  async function bring(index: number): Promise<HeldSegments> {
    // Before a load, all lent weights are returned, so that the policy may evict their segments. Only the prefetcher reads
    // ahead.
    if (!residency.cache.has(index)) await allReturned();
    return scope.hold([index]);
  }

  /** Whether a segment can be kept beside the segments that are kept already. */
  function hasRoomToKeep(index: number): boolean {
    const kept = [...open].filter(([other, { left }]) => other !== index && left > 0);
    const bytes = kept.reduce((sum, [other]) => sum + residency.sizeOf(other), residency.sizeOf(index));
    const { passBytes, atOnceBytes } = residency;
    // Beside the kept segments, the next segments must have room: otherwise the pass would wait for itself.
    return keeps && bytes <= Math.min(passBytes * KEPT_SHARE, passBytes - atOnceBytes);
  }

  function openSegment(index: number, further: number): Open {
    const weights = residency.segments[index]?.weights.length ?? 0;
    const segment = bring(index).then((held) => {
      if (further > 0 && hasRoomToKeep(index)) opened.left += weights * further;
      return held;
    });
    const opened: Open = {
      segment,
      weights,
      left: weights,
      lent: 0,
      release: () => {
        open.delete(index);
        void segment.then(
          (held) => held.release(),
          () => {},
        );
      },
    };
    open.set(index, opened);
    return opened;
  }

  async function lease(ref: WeightRef, further: number): Promise<WeightLease> {
    const { segment: index } = ref;
    scope.signal.throwIfAborted();
    const opened = open.get(index) ?? openSegment(index, further);
    // A further batch asks for a segment that an earlier batch still computes with: both use the open segment.
    if (opened.left === 0) opened.left = opened.weights;
    opened.left -= 1;
    opened.lent += 1;
    const { values } = await opened.segment;
    const weight = values[0]?.weight(ref);
    if (!weight) throw new RangeError(`There is no segment ${index}.`);
    lent += 1;
    return { weight, release: () => giveBack(opened) };
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
    lease: (further) => (ref) => lease(ref, further),
    end: stopListening,
  };
}
