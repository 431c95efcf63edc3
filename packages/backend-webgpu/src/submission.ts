// Submits work in its order. Each weight is leased when the work reaches it. The work is cut wherever a weight is awaited. The
// operations between two cuts are fused as far as their weights allow.
import { isWeightRef, unleasedWeight, type LeaseWeight, type WeightLease } from '@rondo/tensor';
import type { CommandBatch } from './command-batch.ts';
import { fuse, type ReadLater } from './fuse.ts';
import type { GpuWeight, Region } from './gpu-tensors.ts';
import { readsOf, weightOf, withWeight, type Operation } from './operations/operation.ts';
import { createPlacer } from './place.ts';

/** Runs the work of a session in the order of the calls. */
export interface Submitter {
  /**
   * Adds the noted operations to the batch, after all earlier operations. Resolves when the device has executed these
   * operations.
   *
   * @throws RondoError as `CommandBatch.add`; errors of `leaseWeight`, after the operations before the lease are executed
   */
  submit(noted: readonly Operation[], leaseWeight: LeaseWeight | undefined): Promise<void>;
  /** Runs a step that uses the queue directly, after all work that was submitted before. */
  after<Result>(step: () => Result | Promise<Result>): Promise<Result>;
}

/** A submitter that fills this batch. */
export function createSubmitter(batch: CommandBatch): Submitter {
  let last: Promise<unknown> = Promise.resolve();

  function inOrder<Result>(step: () => Result | Promise<Result>): Promise<Result> {
    const result = last.then(step);
    last = result.catch(() => {});
    return result;
  }

  /**
   * Adds the operations to the batch in stretches: a stretch ends where a weight is awaited. For each stretch, `onStretch` gets
   * a promise that resolves when the stretch is done.
   */
  async function add(
    noted: readonly Operation[],
    leaseWeight: LeaseWeight | undefined,
    onStretch: (done: Promise<void>) => void,
  ): Promise<void> {
    const placer = createPlacer();
    const lastRead = lastReads(noted);
    let stretch: Operation[] = [];
    let leases: WeightLease[] = [];

    function cut(next: number): void {
      if (stretch.length === 0) return;
      const isReadLater: ReadLater = (region) => (lastRead.get(region) ?? -1) >= next;
      const operations = fuse(stretch, isReadLater);
      const held = leases;
      const done = batch.add({ operations, placement: placer.place(operations, isReadLater) });
      onStretch(
        done.finally(() => {
          for (const lease of held) lease.release();
        }),
      );
      stretch = [];
      leases = [];
    }

    try {
      for (const [index, operation] of noted.entries()) {
        const weight = weightOf(operation);
        if (!leaseWeight || !weight || weight.buffers) {
          stretch.push(operation);
          continue;
        }
        if (!isWeightRef(weight)) throw unleasedWeight(weight);
        const answer = leaseWeight(weight);
        const isThere = 'weight' in answer;
        if (!isThere) cut(index);
        const lease = isThere ? answer : await answer;
        leases.push(lease);
        stretch.push(withWeight(operation, lease.weight as GpuWeight));
      }
    } finally {
      cut(noted.length);
    }
  }

  return {
    async submit(noted, leaseWeight) {
      const stretches: Promise<void>[] = [];
      const added = inOrder(() =>
        add(noted, leaseWeight, (done) => {
          stretches.push(done);
          // Failures are reported below, after all stretches have been added. Until then they must not count as unhandled.
          done.catch(() => {});
        }),
      );
      await added.finally(() => Promise.allSettled(stretches));
      await Promise.all(stretches);
    },
    after: (step) =>
      inOrder(() => {
        batch.flush();
        return step();
      }),
  };
}

/** The last operation that reads each region. */
function lastReads(operations: readonly Operation[]): ReadonlyMap<Region, number> {
  return new Map(
    operations.flatMap((operation, index) => readsOf(operation).map((region) => [region, index] as const)),
  );
}
