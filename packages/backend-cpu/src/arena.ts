// One memory that kernels see, and who has which part of it: best fit, neighbours merged. Several are arenas.ts.
import { RondoError } from '@rondo/errors';
import { ARENA_START } from './protocol.ts';

const PAGE_BYTES = 65536;
/** Memory grows by at least this much, so that many small allocations do not each grow it. */
const GROWTH_BYTES = 1 << 20;
/** Allocations begin at multiples of this, and take multiples of it. */
const GRAIN_BYTES = 64;

/** A part of the arena that is somebody's. */
export interface Allocation {
  readonly address: number;
  readonly bytes: number;
}

interface Hole {
  start: number;
  end: number;
}

/** A range of WebAssembly memory that is handed out in pieces. */
export interface Arena {
  /** Bytes of the memory as it stands, free room included; 0 until something is allocated, and after the release. */
  readonly bytes: number;
  /** Size of the free range that an allocation would be cut from; undefined when the memory would have to grow. */
  holeBytes(bytes: number, alignment?: number): number | undefined;
  /** Whether the memory is allowed to grow as far as an allocation asks. */
  canGrowFor(bytes: number, alignment?: number): boolean;
  /**
   * Room for `bytes` bytes at a multiple of `alignment`.
   *
   * @throws RondoError `OUT_OF_MEMORY` when the memory cannot grow any more
   */
  allocate(bytes: number, alignment?: number): Allocation;
  free(allocation: Allocation): void;
  /** The bytes of an allocation. Of an arena that is not shared, a view ends with the next allocation. */
  view(address: number, bytes: number): Uint8Array;
  /** Lets go of the memory, and gives it; undefined where that was done before. Views and growth throw `CLOSED` from then on. */
  release(): WebAssembly.Memory | undefined;
}

/** What an arena may become. */
export interface ArenaOptions {
  /** The memory that is handed out, with any content: the arena's alone, and able to grow to `maximumBytes`. */
  readonly memory: WebAssembly.Memory;
  /** At most 4 GiB: reserved address space, not memory in use. */
  readonly maximumBytes: number;
  /** Asked before the memory grows, where others have a say. */
  readonly mayGrow?: (bytes: number) => boolean;
}

const size = ({ start, end }: Hole) => end - start;
const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
const rounded = (bytes: number) => Math.max(GRAIN_BYTES, alignUp(bytes, GRAIN_BYTES));

/** A new, empty memory. @throws RangeError where the platform has no such address space */
export function createMemory(shared: boolean, maximumBytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 0, maximum: Math.floor(maximumBytes / PAGE_BYTES), shared });
}

/** An arena in which nothing is allocated. */
export function createArena({ memory: given, maximumBytes, mayGrow = () => true }: ArenaOptions): Arena {
  let memory: WebAssembly.Memory | undefined = given;
  let endAddress = ARENA_START;
  /** Free ranges in the order of their addresses, never adjacent. */
  const free: Hole[] = [];
  let largest = 0;
  const heldBytes = () => memory?.buffer.byteLength ?? 0;
  // A memory that another arena had is as large as it was there. The kernels' constants begin with zeros, as in a new one.
  if (heldBytes() > 0) {
    new Uint8Array(given.buffer, 0, ARENA_START).fill(0);
    endAddress = heldBytes();
    if (endAddress > ARENA_START) free.push({ start: ARENA_START, end: endAddress });
  }

  function held(): WebAssembly.Memory {
    if (!memory) throw new RondoError('CLOSED', 'The CPU backend was disposed.');
    return memory;
  }

  function release(start: number, end: number): void {
    let index = free.findIndex((range) => range.start > start);
    if (index < 0) index = free.length;
    const before = free[index - 1];
    const after = free[index];
    if (before?.end === start) {
      before.end = end;
      if (after?.start === end) {
        before.end = after.end;
        free.splice(index, 1);
      }
    } else if (after?.start === end) after.start = start;
    else free.splice(index, 0, { start, end });
  }

  /** Bytes by which the memory grows to hold `bytes` more: with the first ones, it also gets the kernels' constants. */
  function growthOf(bytes: number): number {
    return alignUp(bytes, PAGE_BYTES) + (heldBytes() === 0 ? ARENA_START : 0);
  }

  /** Bytes that are missing at the end of the memory. */
  function missing(bytes: number, alignment: number): number {
    const last = free.at(-1);
    const start = last?.end === endAddress ? last.start : endAddress;
    return alignUp(start, alignment) + bytes - endAddress;
  }

  function grow(atLeast: number): void {
    const growing = held();
    const smallest = growthOf(atLeast);
    const generous = growthOf(Math.max(atLeast, GROWTH_BYTES));
    for (const bytes of generous === smallest ? [smallest] : [generous, smallest]) {
      // A memory that was made for another arena may be able to grow further than this one is allowed to.
      if (heldBytes() + bytes > maximumBytes || !mayGrow(bytes)) continue;
      try {
        growing.grow(bytes / PAGE_BYTES);
        release(endAddress, heldBytes());
        endAddress = heldBytes();
        return;
      } catch {
        // Too much, or too much at once: the smallest growth that serves is the last try.
      }
    }
    throw new RondoError(
      'OUT_OF_MEMORY',
      `The CPU backend cannot get ${atLeast} more bytes beyond the ${endAddress} of one memory, which may have at most ${maximumBytes}. Grant less memory or use a smaller model.`,
      { details: { neededBytes: atLeast, heldBytes: endAddress } },
    );
  }

  /** The smallest hole that will do. */
  function hole(bytes: number, alignment: number): Hole | undefined {
    let best: Hole | undefined;
    for (const one of free) {
      if (alignUp(one.start, alignment) + bytes <= one.end && (!best || size(one) < size(best))) best = one;
    }
    return best;
  }

  /**
   * Takes the smallest hole that will do: large pieces from its start, pieces of less than half the largest from its end. So
   * what large ones leave behind stays in one piece for large ones to come, whatever small ones were there meanwhile.
   */
  function take(bytes: number, alignment: number): number | undefined {
    largest = Math.max(largest, bytes);
    const best = hole(bytes, alignment);
    if (!best) return undefined;
    const isSmall = 2 * bytes < largest;
    const start = isSmall
      ? Math.floor((best.end - bytes) / alignment) * alignment
      : alignUp(best.start, alignment);
    const rest = [
      { start: best.start, end: start },
      { start: start + bytes, end: best.end },
    ].filter((part) => size(part) > 0);
    free.splice(free.indexOf(best), 1, ...rest);
    return start;
  }

  return {
    get bytes() {
      return heldBytes();
    },
    holeBytes(bytes, alignment = GRAIN_BYTES) {
      const best = hole(rounded(bytes), alignment);
      return best && size(best);
    },
    canGrowFor(bytes, alignment = GRAIN_BYTES) {
      const growth = growthOf(missing(rounded(bytes), alignment));
      return heldBytes() + growth <= maximumBytes && mayGrow(growth);
    },
    allocate(bytes, alignment = GRAIN_BYTES) {
      const taken = rounded(bytes);
      let address = take(taken, alignment);
      if (address === undefined) {
        grow(missing(taken, alignment));
        address = take(taken, alignment);
      }
      if (address === undefined) throw new RondoError('OUT_OF_MEMORY', `No room for ${bytes} bytes.`);
      return { address, bytes: taken };
    },
    free({ address, bytes }) {
      release(address, address + bytes);
    },
    view(address, bytes) {
      return new Uint8Array(held().buffer, address, bytes);
    },
    release() {
      const released = memory;
      memory = undefined;
      return released;
    },
  };
}
