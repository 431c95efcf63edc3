// A disk in virtual time. It serves requests in the order in which they come; several requests served at once share its
// bandwidth. Like a real disk, it does not know which reader needs what.
import type { VirtualClock } from './virtual-clock.ts';

/** The properties of a disk. */
export interface DiskOptions {
  /** Bytes a second of all reads together. */
  readonly bytesPerSecond: number;
  /** Bytes a second that one read alone reaches, if that is less. Default: all of `bytesPerSecond`. */
  readonly streamBytesPerSecond?: number | undefined;
  /** Milliseconds from the beginning of a read to its first byte. Default 0. */
  readonly latencyMs?: number | undefined;
  /** The number of reads served at once; others wait. Default: all. */
  readonly inFlight?: number | undefined;
}

/** A disk that takes time and returns no data. */
export interface VirtualDisk {
  /** Resolves when `bytes` bytes have been read; rejects with the signal's reason as soon as that is aborted. */
  read(bytes: number, signal?: AbortSignal): Promise<void>;
}

interface Read {
  remainingBytes: number;
  isFlowing: boolean;
  done(): void;
}

/** An idle disk. */
export function createVirtualDisk(clock: VirtualClock, options: DiskOptions): VirtualDisk {
  const { bytesPerSecond, streamBytesPerSecond = Infinity, latencyMs = 0, inFlight = Infinity } = options;
  const queue = new Set<Read>();
  const served = new Set<Read>();
  let updatedMs = 0;
  let cancelTimer = (): void => {};

  function flowing(): Read[] {
    return [...served].filter(({ isFlowing }) => isFlowing);
  }

  function bytesPerMs(count: number): number {
    return Math.min(streamBytesPerSecond, bytesPerSecond / count) / 1000;
  }

  /** Accounts for the bytes that have flowed since the last change; must be called before each change. */
  function update(): void {
    const reads = flowing();
    const bytes = (clock.now() - updatedMs) * bytesPerMs(reads.length);
    for (const read of reads) read.remainingBytes -= bytes;
    updatedMs = clock.now();
  }

  /** Runs after each change: begins the reads that may begin, and waits for the next end. */
  function schedule(): void {
    for (const read of queue) {
      if (served.size >= inFlight) break;
      queue.delete(read);
      served.add(read);
      if (latencyMs === 0) read.isFlowing = true;
      else clock.after(latencyMs, () => flow(read));
    }
    cancelTimer();
    const reads = flowing();
    const [first, ...others] = reads;
    if (first === undefined) return;
    const next = others.reduce((a, b) => (b.remainingBytes < a.remainingBytes ? b : a), first);
    cancelTimer = clock.after(next.remainingBytes / bytesPerMs(reads.length), () => {
      update();
      served.delete(next);
      schedule();
      next.done();
    });
  }

  function flow(read: Read): void {
    if (!served.has(read)) return;
    update();
    read.isFlowing = true;
    schedule();
  }

  return {
    read: (bytes, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = (): void => {
          update();
          queue.delete(read);
          served.delete(read);
          schedule();
          reject(signal?.reason);
        };
        const read: Read = {
          remainingBytes: bytes,
          isFlowing: false,
          done() {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        signal?.addEventListener('abort', abort);
        update();
        queue.add(read);
        schedule();
      }),
  };
}
