// Host memory for uploading weights to the device, bounded and reused.
import { RondoError } from '@rondo/errors';

/** A few pieces of memory. Each piece serves one caller at a time. */
export interface Staging {
  /**
   * Waits for a piece and lends `bytes` of it to `step`.
   *
   * @throws RondoError `OUT_OF_MEMORY`; errors of `step`
   */
  use<Result>(bytes: number, step: (memory: Uint8Array<ArrayBuffer>) => Promise<Result>): Promise<Result>;
}

/** The most simultaneous reads, for one slot or several slots. */
export const PIECES = 4;
const PAGE_BYTES = 65536;

/** Staging memory; it takes no memory before its first use. */
export function createStaging(): Staging {
  const free: WebAssembly.Memory[] = [];
  const waiting: (() => void)[] = [];
  let made = 0;

  /** A free piece, or a new piece. WebAssembly memory begins at a page boundary, so direct I/O can read files into it. */
  async function take(): Promise<WebAssembly.Memory> {
    for (;;) {
      const memory = free.pop();
      if (memory) return memory;
      // Each memory takes gigabytes of address space, so a memory is made only when it is needed.
      if (made < PIECES) {
        const another = new WebAssembly.Memory({ initial: 0 });
        made++;
        return another;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  return {
    async use(bytes, step) {
      const memory = await take();
      try {
        grow(memory, bytes);
        return await step(new Uint8Array(memory.buffer, 0, bytes));
      } finally {
        free.push(memory);
        waiting.shift()?.();
      }
    },
  };
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new RondoError(
      'OUT_OF_MEMORY',
      `${bytes} bytes of host memory, which weights pass through on their way to the GPU, cannot be had.`,
      { details: { bytes }, cause },
    );
  }
}
