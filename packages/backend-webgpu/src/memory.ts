// Allocates, counts and frees the buffers of a device. The device reports a refusal of a buffer only later. So a refused buffer
// stores the error, and the code that uses the buffer checks for the error.
import { RondoError } from '@rondo/errors';

/** WebGPU's flags. Node has no global names for these flags. */
export const usage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** Usage flags of buffers for tensors, weights and caches. */
export const STORAGE = usage.storage | usage.copySource | usage.copyDestination;

/** A buffer of the device. */
export interface GpuBuffer {
  readonly buffer: GPUBuffer;
  /** A number that is unique among all buffers. */
  readonly id: number;
  readonly bytes: number;
  /** The error if the device has refused the buffer. */
  readonly error: RondoError | undefined;
  /** Resolves when the device has granted the buffer. @throws RondoError `OUT_OF_MEMORY` */
  granted(): Promise<void>;
  /** Frees the buffer. Submitted work still runs. Idempotent. */
  free(): void;
}

/** The buffers of one device. */
export interface Memory {
  /** Bytes of all buffers. */
  readonly bytes: number;
  /**
   * A buffer of at least this many bytes, filled with 0.
   *
   * @throws RondoError `OUT_OF_MEMORY` if the budget is exceeded, or if the buffer is larger than the device can bind
   */
  allocate(bytes: number, flags?: number): GpuBuffer;
  /** As `allocate`, but may return a freed buffer with arbitrary content. For slots, which are often freed and allocated. */
  allocateReusable(bytes: number): GpuBuffer;
  /** Frees every buffer. */
  freeAll(): void;
  /** Resolves when the device has granted or refused all buffers so far; undefined if no answer is pending. */
  settled(): Promise<void> | undefined;
}

/** The device and the limits of its memory. */
export interface MemoryOptions {
  readonly device: GPUDevice;
  readonly maximumBytes: number;
  /** Bytes of the largest buffer. */
  readonly bufferBytes: number;
  /** The error that ended the session; undefined while the session runs. After the end no buffer can be used. */
  ended(): RondoError | undefined;
  /** Called when a buffer is freed, so that all references to it can be dropped. */
  onFree(id: number): void;
}

let lastId = 0;

/** Memory of `device`, empty. */
export function createMemory({ device, maximumBytes, bufferBytes, ended, onFree }: MemoryOptions): Memory {
  let total = 0;
  const held = new Set<GpuBuffer>();
  const unanswered = new Set<Promise<void>>();
  /** Buffers of freed slots, the longest unused buffer first. */
  const spare: GpuBuffer[] = [];

  /** Frees spare buffers until `bytes` bytes are freed, or until no spare buffer is left. */
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
      // The device was lost; other operations report the loss.
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

  /** Makes a handle of the buffer `real` for one caller. `free` of the handle returns the buffer to the spare buffers. */
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
      // Spare buffers must not add to the memory in use.
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
