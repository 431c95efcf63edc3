// A disk in virtual time: requests in the order they come, some of them served at once, which share its bandwidth. It
// knows nothing of who reads what for which purpose, as a real one.
import type { VirtualClock } from './virtual-clock.ts';

/** What a disk can do. */
export interface DiskOptions {
  /** All reads together. */
  readonly bytesPerSecond: number;
  /** What one read reaches by itself, where that is less. Default: all of `bytesPerSecond`. */
  readonly streamBytesPerSecond?: number | undefined;
  /** From the beginning of a read to its first byte. Default 0. */
  readonly latencyMs?: number | undefined;
  /** How many reads are served at once; others queue. Default: all. */
  readonly inFlight?: number | undefined;
}

/** A disk that takes time and delivers nothing. */
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

  /** Books what has flowed since the last change; to be called before each. */
  function update(): void {
    const reads = flowing();
    const bytes = (clock.now() - updatedMs) * bytesPerMs(reads.length);
    for (const read of reads) read.remainingBytes -= bytes;
    updatedMs = clock.now();
  }

  /** After each change: begins what may begin, and waits for what ends next. */
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
