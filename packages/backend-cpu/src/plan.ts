// Plans the barriers between the operations of a submission, and the places of their temporaries: temporaries with disjoint
// lifetimes share memory. A plan is only computed: nothing is allocated.

/** A range of memory that operations read and write: with a fixed address, or a temporary, whose address the plan chooses. */
export interface Region {
  readonly bytes: number;
  /** Set if the region outlives a submission. */
  readonly address?: number;
  /** Number of the region's memory. Default 0. */
  readonly memory?: number;
}

/** An operation's dependencies. */
export interface PlannedOperation {
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
}

/** A submission's order and memory. */
export interface Plan {
  /** For each operation, whether all operations before it must have finished. */
  readonly barriers: readonly boolean[];
  /** Offset of each temporary from the start of the temporaries of its memory. */
  readonly offsets: ReadonlyMap<Region, number>;
  /** Bytes that the temporaries need in each memory. */
  readonly bytesIn: readonly number[];
}

/**
 * Plans operations that are executed in this order; operations between two barriers run at the same time. Temporaries in
 * `placed` already have a place.
 */
export function plan(
  operations: readonly PlannedOperation[],
  placed: ReadonlyMap<Region, number> = new Map(),
): Plan {
  const barriers = findBarriers(operations);
  return { barriers, ...placeTemporaries(operations, barriers, placed) };
}

function findBarriers(operations: readonly PlannedOperation[]): boolean[] {
  const written = new Set<Region>();
  const read = new Set<Region>();
  return operations.map(({ reads, writes }) => {
    const waits =
      reads.some((region) => written.has(region)) ||
      writes.some((region) => written.has(region) || read.has(region));
    if (waits) {
      written.clear();
      read.clear();
    }
    for (const region of reads) read.add(region);
    for (const region of writes) written.add(region);
    return waits;
  });
}

interface Placed {
  readonly region: Region;
  readonly start: number;
  readonly end: number;
}

function placeTemporaries(
  operations: readonly PlannedOperation[],
  barriers: readonly boolean[],
  elsewhere: ReadonlyMap<Region, number>,
): Omit<Plan, 'barriers'> {
  /** The number of barriers before the last use of a temporary: until then the temporary keeps its place. */
  const lastUse = new Map<Region, number>();
  let epoch = 0;
  for (const [index, { reads, writes }] of operations.entries()) {
    if (barriers[index]) epoch++;
    for (const regions of [reads, writes]) {
      for (const region of regions) if (region.address === undefined) lastUse.set(region, epoch);
    }
  }

  const offsets = new Map<Region, number>();
  /** For each memory, the temporaries in use now, in the order of their offsets. */
  let placed: Placed[][] = [[]];
  const bytesIn = [0];
  epoch = 0;
  for (const [index, { writes }] of operations.entries()) {
    if (barriers[index]) {
      epoch++;
      const now = epoch;
      placed = placed.map((each) => each.filter(({ region }) => (lastUse.get(region) ?? 0) >= now));
    }
    for (const region of writes) {
      if (region.address !== undefined || offsets.has(region) || elsewhere.has(region)) continue;
      const { memory = 0 } = region;
      while (placed.length <= memory) {
        placed.push([]);
        bytesIn.push(0);
      }
      const { start, end } = insert(placed[memory] ?? [], region);
      offsets.set(region, start);
      bytesIn[memory] = Math.max(bytesIn[memory] ?? 0, end);
    }
  }
  return { offsets, bytesIn };
}

/** Puts a region into the first gap that holds it. */
function insert(placed: Placed[], region: Region): Placed {
  let start = 0;
  let at = 0;
  for (; at < placed.length; at++) {
    const next = placed[at];
    if (!next || next.start - start >= region.bytes) break;
    start = next.end;
  }
  const one = { region, start, end: start + Math.ceil(region.bytes / 64) * 64 };
  placed.splice(at, 0, one);
  return one;
}
