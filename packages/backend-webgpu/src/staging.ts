// Host memory that weights pass through on their way to the device, bounded and reused.

/** A few pieces of memory, each lent to one user at a time. */
export interface Staging {
  /** Waits for a piece and lends `bytes` of it to `step`. */
  use<Result>(bytes: number, step: (memory: Uint8Array<ArrayBuffer>) => Promise<Result>): Promise<Result>;
}

/** Reads that can be under way at once, of one slot or of several. */
const PIECES = 4;
const PAGE_BYTES = 65536;

/** Staging memory, which holds nothing before it is used. */
export function createStaging(): Staging {
  // WebAssembly's memory begins on a page, so files are read into it the direct way.
  const free = Array.from({ length: PIECES }, () => new WebAssembly.Memory({ initial: 0 }));
  const waiting: (() => void)[] = [];

  async function take(): Promise<WebAssembly.Memory> {
    for (;;) {
      const memory = free.pop();
      if (memory) return memory;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  return {
    async use(bytes, step) {
      const memory = await take();
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
      if (missing > 0) memory.grow(missing);
      try {
        return await step(new Uint8Array(memory.buffer, 0, bytes));
      } finally {
        free.push(memory);
        waiting.shift()?.();
      }
    },
  };
}
