// How fast the disk gives a model's bytes, to reads like the engine's reads; and to fio, if it is installed.
import { fioSpeed, hasFio, median, readSpeed } from '@rondo/bench-shared';
import type { BenchModel } from './models.ts';

/** Measures repeatedly, so that the disk's speed is known for the same minutes as the run's. */
export interface DiskMeter {
  /** Reads a part of the streamed bytes, with each number of reads in flight. */
  measure(): Promise<void>;
  /** The best medians: of Rondo's reader, and of fio. */
  result(): DiskSpeed;
}

/** The speeds of a disk, each with the number of reads in flight that gave most. */
export interface DiskSpeed {
  /** The larger of the two. */
  readonly bytesPerSecond: number;
  readonly ownBytesPerSecond: number;
  /** Undefined if fio is not installed. */
  readonly fioBytesPerSecond: number | undefined;
}

const BLOCK_BYTES = 8 * 2 ** 20;
const WASM_PAGE_BYTES = 65_536;
const IN_FLIGHT = [1, 2, 4];
/** Bytes that a measurement reads with each number of reads in flight. */
const PART_BYTES = 384 * 2 ** 20;

/** A meter that walks through the file, from its end to its beginning. */
export async function createDiskMeter({ path, bytes }: BenchModel): Promise<DiskMeter> {
  const ours = new Map<number, number[]>(IN_FLIGHT.map((inFlight) => [inFlight, []]));
  const fio = new Map<number, number[]>(IN_FLIGHT.map((inFlight) => [inFlight, []]));
  const withFio = await hasFio();
  // Small files have several blocks, too.
  const blockBytes = Math.min(BLOCK_BYTES, Math.floor(bytes / 4 / WASM_PAGE_BYTES) * WASM_PAGE_BYTES);
  const blocks = Math.floor(bytes / blockBytes);
  const partBlocks = Math.min(PART_BYTES / BLOCK_BYTES, Math.floor(blocks / 2));
  let end = blocks;

  function nextPart() {
    if (end < partBlocks) end = blocks;
    end -= partBlocks;
    return { path, offset: end * blockBytes, bytes: partBlocks * blockBytes, blockBytes };
  }

  return {
    async measure() {
      for (const inFlight of IN_FLIGHT) {
        const part = { ...nextPart(), inFlight };
        ours.get(inFlight)?.push(await readSpeed(part));
        if (withFio) fio.get(inFlight)?.push(await fioSpeed(part));
      }
    },
    result() {
      const best = (speeds: ReadonlyMap<number, readonly number[]>) =>
        Math.max(...[...speeds.values()].map((each) => median(each)));
      const ownBytesPerSecond = best(ours);
      const fioBytesPerSecond = withFio ? best(fio) : undefined;
      const bytesPerSecond = Math.max(ownBytesPerSecond, fioBytesPerSecond ?? 0);
      return { bytesPerSecond, ownBytesPerSecond, fioBytesPerSecond };
    },
  };
}
