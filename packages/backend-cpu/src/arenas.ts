// The WebAssembly memories of the kernels, and the choice of a memory for each allocation. One memory has at most 4 GiB.
import { RondoError } from '@rondo/errors';
import { createArena, createMemory, type Allocation, type Arena } from './arena.ts';
import { freedMemories } from './freed-memories.ts';

/** A piece of one WebAssembly memory. */
export interface Place extends Allocation {
  /** Number of the memory. */
  readonly memory: number;
}

/** Several memories from which pieces are allocated. Each piece lies in one memory. */
export interface Arenas {
  /** Empty after the release. */
  readonly memories: readonly WebAssembly.Memory[];
  /** Current bytes of all memories, free room included. */
  readonly bytes: number;
  /** The most bytes that a caller may plan with. If there are several memories, the working room of each memory is excluded. */
  readonly maximumBytes: number;
  /** The most bytes of a paged cache: half the lasting room of memory 0, which holds all pages. Weights there can make room. */
  readonly pagedBytes: number;
  /**
   * Allocates room for lasting data (weights and caches) in `memory`. Undefined: in any memory.
   *
   * @throws RondoError `OUT_OF_MEMORY`
   */
  allocate(
    bytes: number,
    options?: { readonly alignment?: number | undefined; readonly memory?: number | undefined },
  ): Place;
  /**
   * Allocates room in this memory. `isLasting`: whether the data outlives a submission; default true.
   *
   * @throws RondoError `OUT_OF_MEMORY`
   */
  allocateIn(memory: number, bytes: number, isLasting?: boolean): Place;
  free(place: Place): void;
  /** Bytes of a memory. If the memory is not shared, the view is valid until the next allocation in that memory. */
  view(memory: number, address: number, bytes: number): Uint8Array;
  /** Declares that views are written to until `writing` settles, even after a release. Returns the result of `writing`. */
  whileWritten<T>(writing: Promise<T>): Promise<T>;
  /**
   * Releases the memories: views and growth throw `CLOSED` from then on. If `reusable`, the next arenas may take over the
   * memories as soon as no view is being written to. The caller must have stopped all threads on the memories before.
   * Idempotent.
   */
  release(reusable: boolean): void;
}

/** Limits of the memories. */
export interface ArenasOptions {
  readonly shared: boolean;
  /** The most bytes of all memories together. */
  readonly maximumBytes: number;
  /** The most bytes of one memory. */
  readonly arenaBytes: number;
  /** Free address space in bytes. The memories take half of it, but at least the space of one memory. Default: no limit. */
  readonly spaceBytes?: number | undefined;
  /** The most bytes of memories that are taken over from other arenas. Default: no limit. */
  readonly takenBytes?: number | undefined;
}

/** Bytes of memory 0 for tensors and temporaries, if there are several memories: enough for a large batch of a large model. */
const TENSOR_BYTES = 2 ** 29;
/** Bytes of each other memory for copied rows, for command lists and for the threads. */
const WORKING_BYTES = 2 ** 27;
/** Share of each memory for temporaries and command lists, if there are several memories. */
const WORKING_SHARE = 1 / 64;
/** The most memories: 512 memories of 4 GiB hold 1 TiB in pieces of any size. */
const MOST_MEMORIES = 512;
/**
 * Address space of one memory of any size, in bytes: V8 reserves 8 GiB and a guard region of 2 GiB, so that no access needs a
 * bounds check (`GetReservationSize` in src/objects/backing-store.cc).
 */
export const RESERVED_BYTES = 10 * 2 ** 30;

/**
 * Creates arenas from fitting memories that earlier arenas have released, and from new memories. A new memory is only
 * reserved address space until the first allocation in it. If the platform lacks address space, there are fewer memories.
 *
 * @throws RondoError `OUT_OF_MEMORY` when there is no address space for a single memory
 */
export function createArenas({
  shared,
  maximumBytes,
  arenaBytes,
  spaceBytes = Infinity,
  takenBytes = Infinity,
}: ArenasOptions): Arenas {
  const arenas: Arena[] = [];
  /** The lasting allocations, and their bytes by memory. */
  const staying = new Set<Place>();
  const stayingBytes: number[] = [];
  const heldBytes = () => arenas.reduce((sum, arena) => sum + arena.bytes, 0);
  const mayGrow = (bytes: number) => heldBytes() + bytes <= maximumBytes;
  // Twice as many memories as `maximumBytes` fills: a piece just larger than half a memory needs a memory of its own.
  const wanted = maximumBytes <= arenaBytes ? 1 : 2 * Math.ceil(maximumBytes / arenaBytes);
  const most = Math.min(wanted, MOST_MEMORIES);
  const kind = { shared, maximumBytes: Math.min(arenaBytes, maximumBytes) };
  const taken = freedMemories.take({
    ...kind,
    count: most,
    // A memory cannot shrink: with several memories, free bytes in one memory may be missing in another memory.
    mostBytes: Math.min(takenBytes, wanted === 1 ? maximumBytes : maximumBytes / 2),
  });
  // Half of a limited address space stays free for threads and further models. The address space of memories that are taken
  // over counts as free, so that each load has as many memories as the load before.
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
  /** Memories that the next arenas may take over as soon as no view is being written to. */
  let releasing: WebAssembly.Memory[] = [];

  function giveReleased(): void {
    if (writes > 0) return;
    for (const memory of releasing) freedMemories.give(memory, kind);
    releasing = [];
  }

  /** The most bytes of lasting allocations in a memory. */
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

  /** The memory with the smallest hole that fits. Without such a hole: the first memory that can grow. */
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
    allocateIn: (memory, bytes, isLasting) => ({
      ...arenaOf(memory).allocate(bytes, undefined, isLasting),
      memory,
    }),
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
