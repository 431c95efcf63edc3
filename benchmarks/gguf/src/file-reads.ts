// Reads a large file past the page cache: the file source and `fio --direct=1` in turns, with blocks of the same size and
// the same number of blocks in flight.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fioSpeed, hasFio, readSpeed, summarize, type Summary } from '@rondo/bench-shared';
import { file } from '@rondo/source';

/** Speeds with a number of blocks in flight, in GB (10^9 bytes) a second. */
export interface ReadSpeeds {
  readonly inFlight: number;
  readonly ours: Summary;
  /** Undefined if fio is not installed. */
  readonly fio: Summary | undefined;
}

/** The measured speeds. */
export interface FileReads {
  readonly fileBytes: number;
  readonly blockBytes: number;
  /** Undefined if the file system has no direct reads; then there is nothing to compare. */
  readonly speeds: readonly ReadSpeeds[] | undefined;
}

const blockBytes = 8 * 2 ** 20;
/** Each repetition reads one part. The speed of a disk changes from second to second, so turns must be short. */
const parts = 4;

/** Measures on a new file of random bytes in the folder for temporary files; `fileBytes` is a multiple of 32 MiB. */
export async function measureFileReads(repetitions: number, fileBytes: number): Promise<FileReads> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-reads-'));
  try {
    const path = join(folder, 'random.bin');
    await writeRandom(path, fileBytes);
    const source = await file(path, { direct: true });
    await source.close();
    if (source.alignment === 1) {
      console.error(`No direct reads in ${folder}: set TMPDIR to a folder on a disk to compare with fio.`);
      return { fileBytes, blockBytes, speeds: undefined };
    }
    const withFio = await hasFio();
    if (!withFio)
      console.error('fio is not installed (Debian: apt-get install fio): the file source is measured alone.');

    const speeds: ReadSpeeds[] = [];
    for (const inFlight of [1, 4]) {
      const ours: number[] = [];
      const fio: number[] = [];
      const partBytes = fileBytes / parts;
      for (let i = 0; i < repetitions; i++) {
        const part = { path, offset: (i % parts) * partBytes, bytes: partBytes, blockBytes, inFlight };
        // The order changes too: a disk after a pause behaves differently from a disk after work.
        if (i % 2 === 0) ours.push((await readSpeed(part)) / 1e9);
        if (withFio) fio.push((await fioSpeed(part)) / 1e9);
        if (i % 2 === 1) ours.push((await readSpeed(part)) / 1e9);
      }
      speeds.push({ inFlight, ours: summarize(ours), fio: withFio ? summarize(fio) : undefined });
    }
    return { fileBytes, blockBytes, speeds };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeRandom(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'w');
  try {
    const block = new Uint8Array(blockBytes);
    for (let done = 0; done < bytes; done += blockBytes) {
      for (let at = 0; at < blockBytes; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
      await handle.writeFile(block);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
