// Whether reading a file past the page cache pays. It does, but for a file that is in the cache already: that, nothing
// but a measurement can tell in JavaScript.
import type { FileHandleLike } from './file-handle.ts';
import { directAlignment } from './file-steps.ts';

/** Chooses between two ways of reading, and learns from what they took. */
export interface ReadWay {
  /** Whether the next read should be direct, where it can be. */
  readonly direct: boolean;
  /** Tells how long a buffered read took that could have been direct. */
  bufferedTook(bytes: number, ms: number): void;
}

/** Always past the page cache. */
export const alwaysDirect: ReadWay = { direct: true, bufferedTook() {} };

const probes = 5;
const probeBytes = 512 * 1024;
/** Files below this are read in a tenth of a second either way. */
const leastBytes = 64 * 1024 * 1024;
/** A cached read is five to fifteen times as fast as a disk; an uncached one at best as fast as a direct one. */
const clearlyFaster = 2;
/** One slow read may be bad luck. */
const slowReadsInRow = 3;

/**
 * Reads a few places of the file both ways. Where buffered reads are clearly faster, it is in the page cache: they are
 * used until several in a row are slower than direct ones were, since the system may have dropped it by then.
 *
 * @param nowMs tells the time; default: `performance.now`
 */
export async function measureReadWay(
  direct: FileHandleLike,
  buffered: FileHandleLike,
  sizeBytes: number,
  nowMs: () => number = () => performance.now(),
): Promise<ReadWay> {
  if (sizeBytes < leastBytes) return alwaysDirect;
  // Direct reads need an address on a page, where WebAssembly memory begins.
  const pages = probeBytes / 65_536;
  let target: Uint8Array;
  try {
    target = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
  } catch {
    // No address space is left for a measurement.
    return alwaysDirect;
  }
  const timeOf = async (handle: FileHandleLike): Promise<number> => {
    // Anywhere: a fixed place would be in the cache because the last measurement was there.
    const place = Math.floor((Math.random() * (sizeBytes - probeBytes)) / directAlignment) * directAlignment;
    const startMs = nowMs();
    await handle.read(target, 0, probeBytes, place);
    return nowMs() - startMs;
  };
  const times: { directMs: number; bufferedMs: number }[] = [];
  // The memory's first use has the system bring its pages, which is no way's fault.
  target.fill(1);
  for (let i = 0; i < probes; i++) {
    times.push({ directMs: await timeOf(direct), bufferedMs: await timeOf(buffered) });
  }
  const directMs = median(times.map((time) => time.directMs));
  if (median(times.map((time) => time.bufferedMs)) * clearlyFaster > directMs) return alwaysDirect;

  let slowReads = 0;
  return {
    get direct() {
      return slowReads >= slowReadsInRow;
    },
    bufferedTook(bytes, ms) {
      if (bytes < probeBytes || slowReads >= slowReadsInRow) return;
      slowReads = ms / bytes > directMs / probeBytes ? slowReads + 1 : 0;
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
