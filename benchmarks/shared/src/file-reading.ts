// How fast a part of a file can be read past the page cache: by the file source, and by fio for comparison.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { file } from '@rondo/source';

/** The part that is read, and how. */
export interface FilePart {
  readonly path: string;
  /** `offset` and `bytes` are multiples of 4096. */
  readonly offset: number;
  readonly bytes: number;
  /** Bytes of each read, a multiple of 4096. */
  readonly blockBytes: number;
  /** The number of simultaneous reads. */
  readonly inFlight: number;
}

const WASM_PAGE_BYTES = 65_536;

/** Bytes a second of the file source, read into shared WebAssembly memory as in the CPU backend. */
export async function readSpeed({ path, offset, bytes, blockBytes, inFlight }: FilePart): Promise<number> {
  const pages = (inFlight * blockBytes) / WASM_PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const source = await file(path, { direct: true, chunkBytes: blockBytes });
  try {
    const startMs = performance.now();
    const end = offset + bytes;
    let next = offset;
    const readers = Array.from({ length: inFlight }, async (_, reader) => {
      while (next < end) {
        const start = next;
        next += blockBytes;
        const length = Math.min(blockBytes, end - start);
        await source.readInto(new Uint8Array(memory.buffer, reader * blockBytes, length), start);
      }
    });
    await Promise.all(readers);
    return bytes / ((performance.now() - startMs) / 1000);
  } finally {
    await source.close();
  }
}

/** Whether fio is installed. */
export async function hasFio(): Promise<boolean> {
  return promisify(execFile)('fio', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Bytes a second of `fio --direct=1` on the same part. */
export async function fioSpeed({ path, offset, bytes, blockBytes, inFlight }: FilePart): Promise<number> {
  const engine = inFlight === 1 ? 'psync' : 'libaio';
  const { stdout } = await promisify(execFile)('fio', [
    '--name=read',
    `--filename=${path}`,
    `--offset=${offset}`,
    `--size=${bytes}`,
    `--bs=${blockBytes}`,
    '--rw=read',
    '--readonly',
    '--direct=1',
    `--ioengine=${engine}`,
    `--iodepth=${inFlight}`,
    '--output-format=json',
  ]);
  const { jobs } = JSON.parse(stdout) as { jobs: readonly { read: { bw_bytes: number } }[] };
  return jobs[0]?.read.bw_bytes ?? Number.NaN;
}
