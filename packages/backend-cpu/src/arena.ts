// The allocator of one WebAssembly memory: best fit, free neighbours are merged. arenas.ts combines several memories.
import { RondoError } from '@rondo/errors';
import { ARENA_START } from './protocol.ts';

const PAGE_BYTES = 65536;
/** Memory grows by at least this many bytes, if possible. So not every small allocation grows the memory. */
const GROWTH_BYTES = 1 << 20;
/** Addresses and sizes of allocations are multiples of this many bytes. */
const GRAIN_BYTES = 64;

/** An allocated part of the arena. */
export interface Allocation {
  readonly address: number;
  readonly bytes: number;
}

interface Hole {
  start: number;
  end: number;
}

/** A WebAssembly memory from which pieces are allocated. */
export interface Arena {
  /** Current bytes of the memory, free room included; 0 before the first allocation and after the release. */
  readonly bytes: number;
  /** Bytes of the free range that an allocation would be cut from; undefined if the memory would have to grow. */
  holeBytes(bytes: number, alignment?: number): number | undefined;
  /** Whether the memory may grow enough for an allocation. */
  canGrowFor(bytes: number, alignment?: number): boolean;
  /**
   * Allocates `bytes` bytes at a multiple of `alignment`. `isLasting`: whether the piece outlives a submission, as weights do;
   * default true.
   *
   * @throws RondoError `OUT_OF_MEMORY` when the memory cannot grow any more
   */
  allocate(bytes: number, alignment?: number, isLasting?: boolean): Allocation;
  free(allocation: Allocation): void;
  /** The bytes of an allocation. If the memory is not shared, the view is valid until the next allocation. */
  view(address: number, bytes: number): Uint8Array;
  /** Releases and returns the memory; undefined if it was released before. Views and growth throw `CLOSED` from then on. */
  release(): WebAssembly.Memory | undefined;
}

/** The memory of an arena, and its limits. */
export interface ArenaOptions {
  /** The memory, with any content. Only this arena uses it, and it can grow to `maximumBytes`. */
  readonly memory: WebAssembly.Memory;
  /** The most bytes of the memory, at most 4 GiB. Only address space is reserved for them. */
  readonly maximumBytes: number;
  /** Called before the memory grows, with the bytes of the growth; false forbids the growth. Default: always true. */
  readonly mayGrow?: (bytes: number) => boolean;
}

const size = ({ start, end }: Hole) => end - start;
const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
const rounded = (bytes: number) => Math.max(GRAIN_BYTES, alignUp(bytes, GRAIN_BYTES));

/** A new, empty memory. @throws RangeError if the platform lacks the address space */
export function createMemory(shared: boolean, maximumBytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 0, maximum: Math.floor(maximumBytes / PAGE_BYTES), shared });
}

/** An arena in which nothing is allocated. */
export function createArena({ memory: given, maximumBytes, mayGrow = () => true }: ArenaOptions): Arena {
  let memory: WebAssembly.Memory | undefined = given;
  let endAddress = ARENA_START;
  /** Free ranges in the order of their addresses, never adjacent. */
  const free: Hole[] = [];
  const heldBytes = () => memory?.buffer.byteLength ?? 0;
  // A memory from another arena keeps its size. The range of the kernels' constants is cleared, as in a new memory.
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

  /** The growth of the memory for `bytes` more bytes. The first growth includes the range of the kernels' constants. */
  function growthOf(bytes: number): number {
    return alignUp(bytes, PAGE_BYTES) + (heldBytes() === 0 ? ARENA_START : 0);
  }

  /** Bytes by which the memory must grow for an allocation. */
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
      // A memory that was made for another arena may be able to grow beyond this arena's limit.
      if (heldBytes() + bytes > maximumBytes || !mayGrow(bytes)) continue;
      try {
        growing.grow(bytes / PAGE_BYTES);
        release(endAddress, heldBytes());
        endAddress = heldBytes();
        return;
      } catch {
        // The platform refused this growth. The last try is the smallest sufficient growth.
      }
    }
    throw new RondoError(
      'OUT_OF_MEMORY',
      `The CPU backend cannot get ${atLeast} more bytes beyond the ${endAddress} of one memory, which may have at most ${maximumBytes}. Grant less memory or use a smaller model.`,
      { details: { neededBytes: atLeast, heldBytes: endAddress } },
    );
  }

  /** The smallest hole that fits, among the first `count` holes. */
  function hole(bytes: number, alignment: number, count = free.length): Hole | undefined {
    let best: Hole | undefined;
    let bestBytes = Infinity;
    for (let index = 0; index < count; index++) {
      const one = free[index];
      if (!one) break;
      // Cheap conditions first: there can be a thousand holes, and a token of a large mixture allocates hundreds of times.
      const oneBytes = size(one);
      if (oneBytes < bytes || oneBytes >= bestBytes || alignUp(one.start, alignment) + bytes > one.end)
        continue;
      best = one;
      bestBytes = oneBytes;
    }
    return best;
  }

  /**
   * Takes a piece from the smallest hole that fits. Lasting pieces come from the start of the hole, passing pieces from its end.
   * So the freed room of lasting pieces stays whole for the next lasting pieces. Passing pieces take the hole at the end of the
   * memory only if no other hole fits: there they would part the hole from the room by which the memory grows next.
   */
  function take(bytes: number, alignment: number, isLasting: boolean): number | undefined {
    const best = (isLasting ? undefined : hole(bytes, alignment, free.length - 1)) ?? hole(bytes, alignment);
    if (!best) return undefined;
    const start = isLasting
      ? alignUp(best.start, alignment)
      : Math.floor((best.end - bytes) / alignment) * alignment;
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
    allocate(bytes, alignment = GRAIN_BYTES, isLasting = true) {
      const taken = rounded(bytes);
      let address = take(taken, alignment, isLasting);
      if (address === undefined) {
        grow(missing(taken, alignment));
        address = take(taken, alignment, isLasting);
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
