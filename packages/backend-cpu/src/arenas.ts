// The memories that kernels see, as many as it takes: which of them has room for what. One of them is at most 4 GiB.
import { RondoError } from '@rondo/errors';
import { createArena, createMemory, type Allocation, type Arena } from './arena.ts';
import { freedMemories } from './freed-memories.ts';

/** A part of one of the memories. */
export interface Place extends Allocation {
  /** Which memory it lies in. */
  readonly memory: number;
}

/** Several memories that are handed out in pieces; a piece never lies in two. */
export interface Arenas {
  /** None after the release. */
  readonly memories: readonly WebAssembly.Memory[];
  /** Bytes of all memories as they stand, free room included. */
  readonly bytes: number;
  /** The most bytes that can be planned with: of several memories, not those that each needs to work with. */
  readonly maximumBytes: number;
  /** Bytes of caches whose pages must lie in one memory: half of what stays in memory 0, so that weights can leave it to them. */
  readonly pagedBytes: number;
  /**
   * Room for what stays, weights and caches: in any memory where none is named.
   *
   * @throws RondoError `OUT_OF_MEMORY`
   */
  allocate(
    bytes: number,
    options?: { readonly alignment?: number | undefined; readonly memory?: number | undefined },
  ): Place;
  /**
   * Room in a certain memory.
   *
   * @throws RondoError `OUT_OF_MEMORY`
   */
  allocateIn(memory: number, bytes: number, alignment?: number): Place;
  free(place: Place): void;
  /** Bytes of a memory. Of one that is not shared, a view ends with the next allocation in it. */
  view(memory: number, address: number, bytes: number): Uint8Array;
  /** Says that views are being written to until this settles, whatever happens meanwhile; gives its result. */
  whileWritten<T>(writing: Promise<T>): Promise<T>;
  /**
   * Lets go of the memories: views and growth throw `CLOSED` from then on. Where `reusable`, the next arenas may take the
   * memories over as soon as nothing is being written to them; so no thread may run on the memories any more. Idempotent.
   */
  release(reusable: boolean): void;
}

/** How large the memories may become. */
export interface ArenasOptions {
  readonly shared: boolean;
  /** All together. */
  readonly maximumBytes: number;
  /** Each one. */
  readonly arenaBytes: number;
  /** Address space that is left for them, of which they take half, or what one needs. Default: no limit. */
  readonly spaceBytes?: number | undefined;
  /** How many bytes memories may hold that are taken over from other arenas. Default: no limit. */
  readonly takenBytes?: number | undefined;
}

/** What memory 0 keeps for tensors and temporaries, where there are several: those of a large model's largest batch. */
const TENSOR_BYTES = 2 ** 29;
/** What each other memory keeps for rows that travel, for command lists and for the threads. */
const WORKING_BYTES = 2 ** 27;
/** Share of the bytes of several memories that is for temporaries and command lists in each of them. */
const WORKING_SHARE = 1 / 64;
/** Of 4 GiB each, they hold 1 TiB in pieces of any size. */
const MOST_MEMORIES = 512;
/**
 * Address space of one memory, whatever its size: V8 reserves 8 GiB and a guard of 2 GiB, so that no access needs a check
 * (`GetReservationSize` in src/objects/backing-store.cc).
 */
export const RESERVED_BYTES = 10 * 2 ** 30;

/**
 * Memories that arenas before these have released, where some fit, and new ones: only address space, until something is
 * allocated in them. Where the platform has less address space than was asked for, there are fewer.
 *
 * @throws RondoError `OUT_OF_MEMORY` when there is no address space for a single one
 */
export function createArenas({
  shared,
  maximumBytes,
  arenaBytes,
  spaceBytes = Infinity,
  takenBytes = Infinity,
}: ArenasOptions): Arenas {
  const arenas: Arena[] = [];
  /** Who has a place for good, and their bytes by memory. */
  const staying = new Set<Place>();
  const stayingBytes: number[] = [];
  const heldBytes = () => arenas.reduce((sum, arena) => sum + arena.bytes, 0);
  const mayGrow = (bytes: number) => heldBytes() + bytes <= maximumBytes;
  // Twice as many as hold the bytes: pieces just larger than half a memory lie one in each.
  const wanted = maximumBytes <= arenaBytes ? 1 : 2 * Math.ceil(maximumBytes / arenaBytes);
  const most = Math.min(wanted, MOST_MEMORIES);
  const kind = { shared, maximumBytes: Math.min(arenaBytes, maximumBytes) };
  const taken = freedMemories.take({
    ...kind,
    count: most,
    // A memory cannot shrink: what is free in one of several may be missing in another.
    mostBytes: Math.min(takenBytes, wanted === 1 ? maximumBytes : maximumBytes / 2),
  });
  // The other half of a limited address space is for whoever comes next: threads, and further models. Address space of
  // memories that are taken over counts as left, so that each load has as many memories as the one before.
  const affordable = Math.max(1, Math.floor(spaceBytes / 2 / RESERVED_BYTES + taken.length / 2));
  const count = Math.min(most, affordable);
  for (const surplus of taken.splice(count)) freedMemories.give(surplus, kind);
  const memories = taken;
  while (memories.length < count) {
    try {
      memories.push(createMemory(shared, kind.maximumBytes));
    } catch (cause) {
      if (memories.length > 0) break;
      throw new RondoError(
        'OUT_OF_MEMORY',
        `This platform refuses a WebAssembly memory of up to ${arenaBytes} bytes. Ask for smaller ones (arenaBytes).`,
        { cause, details: { arenaBytes } },
      );
    }
  }
  for (const memory of memories) {
    arenas.push(createArena({ memory, maximumBytes: kind.maximumBytes, mayGrow }));
    stayingBytes.push(0);
  }
  /** Writes to views that have not settled. */
  let writes = 0;
  /** Memories that the next arenas may have once nothing is being written to them. */
  let releasing: WebAssembly.Memory[] = [];

  function giveReleased(): void {
    if (writes > 0) return;
    for (const memory of releasing) freedMemories.give(memory, kind);
    releasing = [];
  }

  /** How much may stay in a memory. */
  function stayingLimit(memory: number): number {
    if (arenas.length === 1) return arenaBytes;
    return (
      arenaBytes -
      (memory === 0 ? Math.min(TENSOR_BYTES, arenaBytes / 2) : Math.min(WORKING_BYTES, arenaBytes / 4))
    );
  }

  function arenaOf(memory: number): Arena {
    const arena = arenas[memory];
    if (!arena) throw new RangeError(`There is no memory ${memory}.`);
    return arena;
  }

  function stays({ memory }: Place, bytes: number): void {
    stayingBytes[memory] = (stayingBytes[memory] ?? 0) + bytes;
  }

  /** The memory whose free room fits best; else the first that can grow, so that what is read together lies together. */
  function choose(bytes: number, alignment: number | undefined, only: number | undefined): number {
    let best: { memory: number; holeBytes: number } | undefined;
    let growing: number | undefined;
    for (const [memory, arena] of arenas.entries()) {
      if (only !== undefined && memory !== only) continue;
      if ((stayingBytes[memory] ?? 0) + bytes > stayingLimit(memory)) continue;
      const holeBytes = arena.holeBytes(bytes, alignment);
      if (holeBytes === undefined) {
        if (growing === undefined && arena.canGrowFor(bytes, alignment)) growing = memory;
      } else if (!best || holeBytes < best.holeBytes) best = { memory, holeBytes };
    }
    const memory = best?.memory ?? growing;
    if (memory !== undefined) return memory;
    throw new RondoError(
      'OUT_OF_MEMORY',
      `The CPU backend has no room for ${bytes} more bytes: it holds ${heldBytes()} of at most ${maximumBytes}, and a piece must fit into one memory of ${arenaBytes}. Grant less memory, or use a smaller model.`,
      { details: { neededBytes: bytes, heldBytes: heldBytes(), maximumBytes } },
    );
  }

  return {
    memories,
    get bytes() {
      return heldBytes();
    },
    maximumBytes:
      arenas.length === 1
        ? Math.min(maximumBytes, arenaBytes)
        : Math.min(maximumBytes, (arenas.length * arenaBytes) / 2) * (1 - WORKING_SHARE),
    pagedBytes: stayingLimit(0) / 2,
    allocate(bytes, { alignment, memory: only } = {}) {
      const memory = choose(bytes, alignment, only);
      const place: Place = { ...arenaOf(memory).allocate(bytes, alignment), memory };
      staying.add(place);
      stays(place, place.bytes);
      return place;
    },
    allocateIn: (memory, bytes, alignment) => ({ ...arenaOf(memory).allocate(bytes, alignment), memory }),
    free(place) {
      arenaOf(place.memory).free(place);
      if (staying.delete(place)) stays(place, -place.bytes);
    },
    view: (memory, address, bytes) => arenaOf(memory).view(address, bytes),
    async whileWritten(writing) {
      writes++;
      try {
        return await writing;
      } finally {
        writes--;
        giveReleased();
      }
    },
    release(reusable) {
      memories.length = 0;
      for (const arena of arenas) {
        const memory = arena.release();
        if (memory && reusable) releasing.push(memory);
      }
      giveReleased();
    },
  };
}
