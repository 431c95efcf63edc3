// The device's buffers: allocated, counted, and given back. What the adapter refuses is known only later, so a buffer
// remembers it and whoever uses it asks.
import { RondoError } from '@rondo/errors';

/** WebGPU's flags, which Node has no global names for. */
export const usage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** What tensors, weights and caches lie in. */
export const STORAGE = usage.storage | usage.copySource | usage.copyDestination;

/** A buffer of the device. */
export interface GpuBuffer {
  readonly buffer: GPUBuffer;
  /** Unique among all buffers. */
  readonly id: number;
  readonly bytes: number;
  /** Why the device refused it, once it has. */
  readonly error: RondoError | undefined;
  /** Resolves when it is known whether the device granted it. @throws RondoError `OUT_OF_MEMORY` */
  granted(): Promise<void>;
  /** Idempotent; work that was submitted still runs. */
  free(): void;
}

/** The buffers of one device. */
export interface Memory {
  /** Bytes of all buffers. */
  readonly bytes: number;
  /**
   * A buffer of at least this many bytes, which are 0.
   *
   * @throws RondoError `OUT_OF_MEMORY` past the budget, or for one larger than the device can bind
   */
  allocate(bytes: number, flags?: number): GpuBuffer;
  /** As `allocate`, but may give what was freed before, with whatever is in it: for slots, which come and go. */
  allocateReusable(bytes: number): GpuBuffer;
  /** Frees every buffer. */
  freeAll(): void;
  /** Resolves when the device has answered for all buffers so far. */
  settled(): Promise<void> | undefined;
}

/** How memory is limited. */
export interface MemoryOptions {
  readonly device: GPUDevice;
  readonly maximumBytes: number;
  /** Largest buffer. */
  readonly bufferBytes: number;
  /** Why none of the buffers can be used any more, once that is so. */
  ended(): RondoError | undefined;
  /** Called when a buffer goes, so that nothing refers to it. */
  onFree(id: number): void;
}

let lastId = 0;

/** Memory of `device`, empty. */
export function createMemory({ device, maximumBytes, bufferBytes, ended, onFree }: MemoryOptions): Memory {
  let total = 0;
  const held = new Set<GpuBuffer>();
  const unanswered = new Set<Promise<void>>();
  /** Freed slots' buffers, the longest unused first. */
  const spare: GpuBuffer[] = [];

  /** Gives up so many bytes of them, or all. */
  function dropSpare(bytes: number): void {
    let dropped = 0;
    while (dropped < bytes) {
      const oldest = spare.shift();
      if (!oldest) return;
      dropped += oldest.bytes;
      oldest.free();
    }
  }

  function outOfMemory(bytes: number, why: string, cause?: unknown): RondoError {
    return new RondoError('OUT_OF_MEMORY', `A GPU buffer of ${bytes} bytes cannot be had: ${why}.`, {
      details: { bytes, heldBytes: total, maximumBytes, bufferBytes },
      cause,
    });
  }

  function allocate(wanted: number, flags = STORAGE): GpuBuffer {
    const bytes = Math.max(16, Math.ceil(wanted / 16) * 16);
    if (bytes > bufferBytes) throw outOfMemory(bytes, `the device binds at most ${bufferBytes} at once`);
    dropSpare(total + bytes - maximumBytes);
    if (total + bytes > maximumBytes)
      throw outOfMemory(bytes, `${total} of the ${maximumBytes} bytes granted are in use`);
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size: bytes, usage: flags });
    let error: RondoError | undefined;
    const answer = device.popErrorScope().then(
      (refused) => {
        if (refused) error = outOfMemory(bytes, 'the device has no more memory', refused);
      },
      // A lost device, which everything else will tell of.
      () => {},
    );
    unanswered.add(answer);
    void answer.then(() => unanswered.delete(answer));
    total += bytes;
    const id = ++lastId;
    const made: GpuBuffer = {
      buffer,
      id,
      bytes,
      get error() {
        return error ?? ended();
      },
      async granted() {
        await answer;
        if (made.error) throw made.error;
      },
      free() {
        if (!held.delete(made)) return;
        total -= bytes;
        onFree(id);
        buffer.destroy();
      },
    };
    held.add(made);
    return made;
  }

  /** A view of `real` for one user, who gives it back to the spare ones. */
  function lend(real: GpuBuffer): GpuBuffer {
    let returned = false;
    return {
      buffer: real.buffer,
      id: real.id,
      bytes: real.bytes,
      get error() {
        return real.error;
      },
      granted: () => real.granted(),
      free() {
        if (!returned) spare.push(real);
        returned = true;
      },
    };
  }

  return {
    get bytes() {
      return total;
    },
    allocate,
    allocateReusable(wanted) {
      const bytes = Math.max(16, Math.ceil(wanted / 16) * 16);
      const index = spare.findIndex((one) => one.bytes === bytes);
      const [found] = index < 0 ? [] : spare.splice(index, 1);
      if (found) return lend(found);
      // What lies about must not add to what is in use.
      dropSpare(bytes);
      return lend(allocate(bytes));
    },
    freeAll() {
      for (const one of held) one.free();
    },
    settled() {
      return unanswered.size > 0 ? Promise.all(unanswered).then(() => {}) : undefined;
    },
  };
}
