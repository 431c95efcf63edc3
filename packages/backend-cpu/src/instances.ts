// The kernels of one thread: an instance for each memory, made when it is first needed. Two imported functions let the instance
// of memory 0 use the other memories. This file becomes part of a worker's text (scripts/build-kernels.ts), so the file imports
// nothing.

/** The exports of the kernels. */
export interface Kernels {
  /** The loop of a worker; returns when the host stops the workers. */
  work(control: number, thread: number, threads: number, scratch: number, submissions: number): void;
  /** Takes part in the execution of one list. */
  execute(list: number, control: number, thread: number, threads: number, scratch: number): void;
}

/**
 * The kernels of memory 0. `completed` is called with the number of finished submissions. The clock of the kernels is
 * `performance.now()` of a thread whose `performance.timeOrigin` is `timeOrigin`.
 */
export function instantiate(
  module: WebAssembly.Module,
  memories: readonly WebAssembly.Memory[],
  completed: (count: number) => void,
  timeOrigin: number,
): Kernels {
  const laterMs = performance.timeOrigin - timeOrigin;
  const now = () => performance.now() + laterMs;
  const instances: Kernels[] = [];
  const views: Uint8Array[] = [];

  /** The memory with its current length: `grow(0)` makes growth by another thread visible to this thread. */
  function refreshed(index: number): WebAssembly.Memory {
    const memory = memories[index];
    if (!memory) throw new Error(`There is no memory ${index}.`);
    memory.grow(0);
    return memory;
  }

  function kernelsOf(index: number): Kernels {
    return (instances[index] ??= new WebAssembly.Instance(module, {
      env: { memory: refreshed(index), completed, now, abort, executeIn, copyBetween },
    }).exports as unknown as Kernels);
  }

  function viewOf(index: number, endAddress: number): Uint8Array {
    let view = views[index];
    if (!view || view.length < endAddress) {
      view = new Uint8Array(refreshed(index).buffer);
      views[index] = view;
    }
    return view;
  }

  function abort(): void {
    throw new Error('The kernels aborted.');
  }

  function executeIn(
    memory: number,
    list: number,
    control: number,
    thread: number,
    threads: number,
    scratch: number,
  ): void {
    kernelsOf(memory).execute(list, control, thread, threads, scratch);
  }

  /** Addresses arrive as signed numbers. */
  function copyBetween(fromMemory: number, from: number, toMemory: number, to: number, bytes: number): void {
    const start = from >>> 0;
    const target = to >>> 0;
    const source = viewOf(fromMemory, start + bytes).subarray(start, start + bytes);
    viewOf(toMemory, target + bytes).set(source, target);
  }

  return kernelsOf(0);
}
