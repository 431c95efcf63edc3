// Decides whether to bypass the page cache when a file is read. Bypassing pays unless the file is already in the page
// cache. In JavaScript, only a measurement shows whether the file is in the page cache.
import type { FileHandleLike } from './file-handle.ts';
import { directAlignment } from './file-steps.ts';

/** Chooses between two ways of reading, and learns from measured times. */
export interface ReadWay {
  /** Whether the next read should be direct, if possible. */
  readonly direct: boolean;
  /** Reports the duration of a buffered read that could have been direct. */
  bufferedTook(bytes: number, ms: number): void;
}

/** Always bypasses the page cache. */
export const alwaysDirect: ReadWay = { direct: true, bufferedTook() {} };

const probes = 5;
const probeBytes = 512 * 1024;
/** Smaller files are not measured: direct reads and buffered reads both take about a tenth of a second. */
const leastBytes = 64 * 1024 * 1024;
/**
 * A cached read is five to fifteen times as fast as a disk; an uncached buffered read is at most as fast as a direct
 * read.
 */
const clearlyFaster = 2;
/** One slow read may be an accident, so several slow reads in a row are needed. */
const slowReadsInRow = 3;

/**
 * Reads a few places of the file both ways. If buffered reads are clearly faster, the file is in the page cache, and buffered
 * reads are used. If several buffered reads in a row are slower than the direct reads were, the system may have dropped the
 * file from the cache. Then direct reads are used.
 *
 * @param nowMs returns the time in milliseconds; default: `performance.now`
 */
export async function measureReadWay(
  direct: FileHandleLike,
  buffered: FileHandleLike,
  sizeBytes: number,
  nowMs: () => number = () => performance.now(),
): Promise<ReadWay> {
  if (sizeBytes < leastBytes) return alwaysDirect;
  // Direct reads need an address at the start of a page; WebAssembly memory begins there.
  const pages = probeBytes / 65_536;
  let target: Uint8Array;
  try {
    target = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
  } catch {
    // No address space is left for a measurement.
    return alwaysDirect;
  }
  const timeOf = async (handle: FileHandleLike): Promise<number> => {
    // A random place: a fixed place would be in the cache because of the last measurement.
    const place = Math.floor((Math.random() * (sizeBytes - probeBytes)) / directAlignment) * directAlignment;
    const startMs = nowMs();
    await handle.read(target, 0, probeBytes, place);
    return nowMs() - startMs;
  };
  const times: { directMs: number; bufferedMs: number }[] = [];
  // The first write makes the system map the memory's pages, so that the measurement does not include this work.
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
