// WebAssembly memories that ended backends no longer need, for the next backend: the collector may come late, or never.

/** What a memory was made for. */
export interface MemoryKind {
  readonly shared: boolean;
  /** How far it may grow. */
  readonly maximumBytes: number;
}

/** Which memories a backend asks for. */
export interface WantedMemories extends MemoryKind {
  /** How many at most. */
  readonly count: number;
  /** How many bytes they may hold together. */
  readonly mostBytes: number;
}

/** Memories that nobody uses. Their content is that of the last user. */
export interface FreedMemories {
  /** Whether a memory is there that may grow at least as far. */
  has(kind: MemoryKind): boolean;
  /** Takes memories that may grow at least as far as is wanted, the largest first. */
  take(wanted: WantedMemories): WebAssembly.Memory[];
  /** Gives a memory back. No thread and no read may use it any more. */
  give(memory: WebAssembly.Memory, kind: MemoryKind): void;
}

interface Freed extends MemoryKind {
  /** Weak, so that the collector can take what no backend takes over: a memory is never held longer than without a list. */
  readonly memory: WeakRef<WebAssembly.Memory>;
  /** As it was given back: only a user makes it grow. */
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
        // Only a memory that fits is looked at: a look keeps the collector from it until the end of the task.
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

/** Memories that the list knows of: more would only cost time, since most of them are collected by then. */
const MOST_ENTRIES = 1024;

/** Those of this process, or of this page. */
export const freedMemories = createFreedMemories();
