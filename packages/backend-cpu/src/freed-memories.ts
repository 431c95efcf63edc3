// WebAssembly memories of disposed backends, which the next backend reuses: the garbage collector may free a memory late, or
// never.

/** The properties of a memory that its creation fixed. */
export interface MemoryKind {
  readonly shared: boolean;
  /** The most bytes that the memory may grow to. */
  readonly maximumBytes: number;
}

/** A request for memories. */
export interface WantedMemories extends MemoryKind {
  /** The most memories. */
  readonly count: number;
  /** The most bytes that the memories may hold together. */
  readonly mostBytes: number;
}

/** Unused memories. They still hold the content of their last user. */
export interface FreedMemories {
  /** Whether there is a memory that may grow at least to `maximumBytes`. */
  has(kind: MemoryKind): boolean;
  /** Takes memories that may grow at least to the wanted size, the largest memory first. */
  take(wanted: WantedMemories): WebAssembly.Memory[];
  /** Gives a memory back. No thread and no read may use it any more. */
  give(memory: WebAssembly.Memory, kind: MemoryKind): void;
}

interface Freed extends MemoryKind {
  /** Weak, so that the garbage collector can free an unused memory: the list never keeps a memory alive. */
  readonly memory: WeakRef<WebAssembly.Memory>;
  /** Bytes of the memory when it was given back; an unused memory does not grow. */
  readonly bytes: number;
}

/** A list without memories. */
export function createFreedMemories(): FreedMemories {
  let freed: Freed[] = [];
  return {
    has: ({ shared, maximumBytes }) =>
      freed.some(
        (one) =>
          one.shared === shared && one.maximumBytes >= maximumBytes && one.memory.deref() !== undefined,
      ),
    take({ shared, maximumBytes, count, mostBytes }) {
      const taken: WebAssembly.Memory[] = [];
      const left: Freed[] = [];
      let leftBytes = mostBytes;
      for (const one of freed.toSorted((a, b) => b.bytes - a.bytes)) {
        const fits = one.shared === shared && one.maximumBytes >= maximumBytes && one.bytes <= leftBytes;
        // Only fitting memories are dereferenced: `deref` keeps a memory alive until the end of the task.
        const memory = fits && taken.length < count ? one.memory.deref() : undefined;
        if (memory) {
          taken.push(memory);
          leftBytes -= one.bytes;
        } else left.push(one);
      }
      freed = left;
      return taken;
    },
    give(memory, kind) {
      const { length: before } = freed;
      if (before >= MOST_ENTRIES) freed = freed.slice(before - MOST_ENTRIES + 1);
      freed.push({ ...kind, memory: new WeakRef(memory), bytes: memory.buffer.byteLength });
    },
  };
}

/** The most entries of the list. More entries would only cost time, since the collector has freed most old memories. */
const MOST_ENTRIES = 1024;

/** The unused memories of this process, or of this page. */
export const freedMemories = createFreedMemories();
