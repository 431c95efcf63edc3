// Turns the notes of an encoder into command lists, reserves room for their temporaries, and starts the lists. If all weights
// are in memory, one list is enough. Otherwise a new list begins wherever the submitter waits for a weight.
import { isWeightRef, unleasedWeight, type LeaseWeight, type Weight, type WeightLease } from '@rondo/tensor';
import type { Arenas, Place } from './arenas.ts';
import { writeLists, type Operation, type Station } from './command-list.ts';
import type { CpuEncoder } from './encoder.ts';
import { isLate } from './notes.ts';
import { plan, type Plan, type Region } from './plan.ts';
import type { CpuProfiler } from './profiler.ts';
import { CONTROL_BYTES, CONTROL_PROFILE, SCRATCH_BYTES } from './protocol.ts';
import type { Runner } from './runner.ts';

/**
 * Gives the station of a memory, at which its threads synchronize. A station is made at its first use. With `profiler`, the
 * threads record what they do there.
 */
export function createStations(
  arenas: Arenas,
  threads: number,
  profiler?: CpuProfiler,
): (memory: number) => Station {
  const stations: Station[] = [];
  return (memory) => {
    let station = stations[memory];
    if (!station) {
      const { address } = arenas.allocateIn(memory, CONTROL_BYTES + threads * SCRATCH_BYTES);
      const records = profiler?.roomIn(memory) ?? 0;
      const control = arenas.view(memory, address, CONTROL_BYTES);
      control.fill(0);
      new DataView(control.buffer, control.byteOffset).setUint32(CONTROL_PROFILE, records, true);
      station = { control: address, scratch: address + CONTROL_BYTES };
      stations[memory] = station;
    }
    return station;
  };
}

/** Executes the work of encoders in the order of their submission. */
export interface Submitter {
  /** Resolves when the work is done; see `Backend.submit`. */
  submit(encoder: CpuEncoder, leaseWeight?: LeaseWeight): Promise<void>;
  /** Resolves when the work submitted so far is done; rejects when the runner has failed. */
  idle(): Promise<void>;
}

/** A submitter without submissions. */
export function createSubmitter(
  arenas: Arenas,
  station: (memory: number) => Station,
  runner: Runner,
  profiler?: Pick<CpuProfiler, 'tell'>,
): Submitter {
  /**
   * Room for temporaries, by memory: first for temporaries that several lists use, then for temporaries of a single list. Lists
   * run in order, so all lists share the room.
   */
  const rooms: Place[][] = [[], []];
  const inFlight = new Set<Promise<unknown>>();
  /** Resolves when all lists of the submissions so far have been queued. */
  let entered: Promise<void> = Promise.resolve();

  /** Reserves `bytesIn` bytes; returns the address in each memory. */
  function reserve(room: Place[], bytesIn: readonly number[]): number[] {
    return bytesIn.map((bytes, memory) => {
      const held = room[memory];
      if (bytes === 0 || (held && bytes <= held.bytes)) return held?.address ?? 0;
      const larger = arenas.allocateIn(memory, bytes, false);
      room[memory] = larger;
      // Work in flight still uses the old room.
      if (held) void Promise.allSettled(inFlight).then(() => arenas.free(held));
      return larger.address;
    });
  }

  /** Queues operations as one list; `own` holds their barriers. Resolves when the list is done. */
  function start(
    operations: readonly Operation[],
    own: Plan,
    addressIn: (region: Region) => number,
  ): Promise<void> {
    const lists: Place[] = [];
    const freeLists = () => {
      for (const list of lists) arenas.free(list);
    };
    try {
      const first = writeLists(operations, own.barriers, {
        address: ({ region, offsetBytes }) => (region.address ?? addressIn(region)) + offsetBytes,
        station,
        place(memory, words) {
          const list = arenas.allocateIn(memory, words.byteLength, false);
          lists.push(list);
          const { buffer, byteOffset } = arenas.view(memory, list.address, words.byteLength);
          new Uint32Array(buffer, byteOffset, words.length).set(words);
          return list.address;
        },
      });
      const execution = runner.run(first).finally(() => {
        freeLists();
        profiler?.tell();
      });
      inFlight.add(execution);
      void Promise.allSettled([execution]).then(() => inFlight.delete(execution));
      return execution;
    } catch (error) {
      freeLists();
      throw error;
    }
  }

  /** Queues the lists of an encoder. Resolves with one promise per list; each promise resolves when its list is done. */
  async function enter(encoder: CpuEncoder, leaseWeight: LeaseWeight | undefined): Promise<Promise<void>[]> {
    const leases: WeightLease[] = [];
    let awaited: Promise<WeightLease> | undefined;
    try {
      for (const { weight } of encoder.late) {
        const answer = ask(weight, leaseWeight);
        if (answer instanceof Promise) {
          awaited = answer;
          break;
        }
        leases.push(answer);
      }
    } catch (error) {
      release(leases);
      throw error;
    }
    return awaited ? enterInTurn(encoder, leaseWeight, [...leases, awaited]) : [enterAtOnce(encoder, leases)];
  }

  /** Queues one list, whose weights are all in memory. */
  function enterAtOnce(encoder: CpuEncoder, leases: readonly WeightLease[]): Promise<void> {
    try {
      const { operations, plan: own } = encoder.bind(leases.map(({ weight }) => weight));
      const [lasting = []] = rooms;
      const lastingAt = reserve(lasting, own.bytesIn);
      const done = start(
        operations,
        own,
        (region) => (lastingAt[region.memory ?? 0] ?? 0) + (own.offsets.get(region) ?? 0),
      );
      return leases.length === 0 ? done : done.finally(() => release(leases));
    } catch (error) {
      release(leases);
      throw error;
    }
  }

  /** Queues several lists: a new list begins wherever a weight is awaited. `answers`: leases that were requested before. */
  async function enterInTurn(
    { noted, plan: planned }: CpuEncoder,
    leaseWeight: LeaseWeight | undefined,
    answers: (WeightLease | Promise<WeightLease>)[],
  ): Promise<Promise<void>[]> {
    const whole = planned();
    const [lasting = [], passing = []] = rooms;
    let lastingAt: readonly number[] = [];
    const addressIn = (region: Region) =>
      (lastingAt[region.memory ?? 0] ?? 0) + (whole.offsets.get(region) ?? 0);
    const done: Promise<void>[] = [];
    let operations: Operation[] = [];
    let leases: WeightLease[] = [];
    /** Queues the operations so far as one list. */
    const flush = () => {
      if (operations.length === 0) return;
      const own = plan(operations, whole.offsets);
      const passingAt = reserve(passing, own.bytesIn);
      const held = leases;
      const list = start(operations, own, (region) => {
        const offset = own.offsets.get(region);
        return offset === undefined ? addressIn(region) : (passingAt[region.memory ?? 0] ?? 0) + offset;
      });
      operations = [];
      leases = [];
      const ended = list.finally(() => release(held));
      // The failure of a list is reported when all lists are awaited; until then it must not count as unhandled.
      ended.catch(() => {});
      done.push(ended);
    };
    try {
      lastingAt = reserve(lasting, whole.bytesIn);
      for (const operation of noted) {
        if (!isLate(operation)) {
          operations.push(operation);
          continue;
        }
        const asked = answers.shift() ?? ask(operation.weight, leaseWeight);
        if (asked instanceof Promise) flush();
        const lease = await asked;
        leases.push(lease);
        for (const one of operation.with(lease.weight, new Map())) operations.push(one);
      }
      flush();
    } catch (error) {
      release(leases);
      for (const answer of answers)
        Promise.resolve(answer).then(
          (lease) => lease.release(),
          () => {},
        );
      await Promise.allSettled(done);
      throw error;
    }
    return done;
  }

  return {
    async submit(encoder, leaseWeight) {
      const entering = entered.then(() => enter(encoder, leaseWeight));
      entered = entering.then(
        () => {},
        () => {},
      );
      const lists = await entering;
      // Even after a failure, no list of this submission runs when the promise settles: the caller may then free the weights.
      await Promise.allSettled(lists);
      await Promise.all(lists);
    },
    async idle() {
      await entered;
      await runner.idle();
    },
  };
}

function ask(weight: Weight, leaseWeight: LeaseWeight | undefined): WeightLease | Promise<WeightLease> {
  if (!leaseWeight || !isWeightRef(weight)) throw unleasedWeight(weight);
  return leaseWeight(weight);
}

function release(leases: Iterable<WeightLease>): void {
  for (const lease of leases) lease.release();
}
