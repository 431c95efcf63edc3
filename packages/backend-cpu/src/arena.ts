// The memory that kernels see, and who has which part of it: one WebAssembly.Memory, best fit, neighbours merged.
import { RondoError } from '@rondo/errors';
import { ARENA_START } from './protocol.ts';

const PAGE_BYTES = 65536;
/** Memory grows by at least this much, so that many small allocations do not each grow it. */
const GROWTH_BYTES = 1 << 20;

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
  readonly memory: WebAssembly.Memory;
  /** Bytes of the memory as it stands, free room included. */
  readonly bytes: number;
  /**
   * Room for `bytes` bytes at a multiple of `alignment`.
   *
   * @throws RondoError `OUT_OF_MEMORY` when the memory cannot grow any more
   */
  allocate(bytes: number, alignment?: number): Allocation;
  free(allocation: Allocation): void;
  /** The bytes of an allocation. Of an arena that is not shared, a view ends with the next allocation. */
  view(address: number, bytes: number): Uint8Array;
}

/** A new arena; `maximumBytes` (at most 4 GiB) is reserved address space, not memory in use. */
export function createArena(options: { shared: boolean; maximumBytes: number }): Arena {
  const memory = new WebAssembly.Memory({
    initial: 1,
    maximum: Math.floor(options.maximumBytes / PAGE_BYTES),
    shared: options.shared,
  });
  let endAddress = ARENA_START;
  /** Free ranges in the order of their addresses, never adjacent. */
  const free: Hole[] = [];
  let largest = 0;

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

  function grow(atLeast: number): void {
    const pages = Math.ceil(Math.max(atLeast, GROWTH_BYTES) / PAGE_BYTES);
    const smallest = Math.ceil(atLeast / PAGE_BYTES);
    for (const count of pages === smallest ? [pages] : [pages, smallest]) {
      try {
        memory.grow(count);
        release(endAddress, endAddress + count * PAGE_BYTES);
        endAddress += count * PAGE_BYTES;
        return;
      } catch {
        // Too much, or too much at once: the smallest growth that serves is the last try.
      }
    }
    throw new RondoError(
      'OUT_OF_MEMORY',
      `The CPU backend cannot get ${atLeast} more bytes beyond the ${endAddress} it has; one arena holds at most 4 GiB. Grant less memory or use a smaller model.`,
      { details: { neededBytes: atLeast, heldBytes: endAddress } },
    );
  }

  /**
   * Takes the smallest hole that will do: large pieces from its start, pieces of less than half the largest from its end. So
   * what large ones leave behind stays in one piece for large ones to come, whatever small ones were there meanwhile.
   */
  function take(bytes: number, alignment: number): number | undefined {
    largest = Math.max(largest, bytes);
    const isSmall = 2 * bytes < largest;
    const aligned = ({ start, end }: Hole) =>
      isSmall ? Math.floor((end - bytes) / alignment) * alignment : Math.ceil(start / alignment) * alignment;
    const size = ({ start, end }: Hole) => end - start;
    let best: Hole | undefined;
    for (const hole of free) {
      const at = aligned(hole);
      if (at >= hole.start && at + bytes <= hole.end && (!best || size(hole) < size(best))) best = hole;
    }
    if (!best) return undefined;
    const start = aligned(best);
    const rest = [
      { start: best.start, end: start },
      { start: start + bytes, end: best.end },
    ].filter((part) => size(part) > 0);
    free.splice(free.indexOf(best), 1, ...rest);
    return start;
  }

  return {
    memory,
    get bytes() {
      return memory.buffer.byteLength;
    },
    allocate(bytes, alignment = 64) {
      const rounded = Math.max(64, Math.ceil(bytes / 64) * 64);
      let address = take(rounded, alignment);
      if (address === undefined) {
        const last = free.at(-1);
        const start = last?.end === endAddress ? last.start : endAddress;
        const aligned = Math.ceil(start / alignment) * alignment;
        grow(aligned + rounded - endAddress);
        address = take(rounded, alignment);
      }
      if (address === undefined) throw new RondoError('OUT_OF_MEMORY', `No room for ${bytes} bytes.`);
      return { address, bytes: rounded };
    },
    free({ address, bytes }) {
      release(address, address + bytes);
    },
    view(address, bytes) {
      return new Uint8Array(memory.buffer, address, bytes);
    },
  };
}
