// Tells what the threads did: gives each operation a mark, and turns the records of the kernels (`assembly/profile.ts`) into
// operations with names.
import { elements, rowBytes, type ProfiledOperation, type Profiler } from '@rondo/tensor';
import type { Arenas, Place } from './arenas.ts';
import type { CpuWeight } from './cpu-tensors.ts';
import * as protocol from './protocol.ts';

/** Gives marks to operations. */
export interface Marks {
  /** The mark of an operation `code` on `weight` in this part of the model. */
  of(part: string, code: number, weight: CpuWeight | undefined): number;
}

/** The profiler of a backend. */
export interface CpuProfiler extends Profiler, Marks {
  /** Makes room for the records of the threads in a memory. Returns the address of the room. */
  roomIn(memory: number): number;
  /** Tells the operations that were recorded since the last call. */
  tell(): void;
}

/** What a mark stands for. */
type Marked = Pick<ProfiledOperation, 'name' | 'part' | 'weightBytes'>;

const UNKNOWN: Marked = { name: 'unknown', part: '', weightBytes: 0 };

/** The name of each operation by its number, such as `rms norm`. */
const names = new Map(
  Object.entries(protocol).flatMap(([key, code]): [number, string][] =>
    key.startsWith('OP_') ? [[code, key.slice(3).toLowerCase().replaceAll('_', ' ')]] : [],
  ),
);

const productCodes: readonly number[] = [protocol.OP_MATMUL, protocol.OP_MATMUL_DECODED];

/** A profiler of `threads` threads. */
export function createProfiler(arenas: Arenas, threads: number): CpuProfiler {
  const marked: Marked[] = [UNKNOWN];
  const marks = new Map<string, number>();
  const rooms: { readonly place: Place; readonly told: number[] }[] = [];
  const listeners = new Set<(operations: readonly ProfiledOperation[]) => void>();
  let lost = 0;

  /** The records of a thread since the last call. */
  function* recordsOf(place: Place, thread: number, told: number[]): Generator<ProfiledOperation> {
    const bytes = arenas.view(
      place.memory,
      place.address + thread * protocol.PROFILE_BYTES,
      protocol.PROFILE_BYTES,
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const count = view.getUint32(0, true);
    const before = told[thread] ?? 0;
    const since = (count - before) >>> 0;
    const kept = Math.min(since, protocol.RECORDS_PER_THREAD);
    lost += since - kept;
    told[thread] = count;
    for (let left = kept; left > 0; left--) {
      const slot = ((count - left) >>> 0) % protocol.RECORDS_PER_THREAD;
      const at = (1 + slot) * protocol.RECORD_BYTES;
      yield {
        ...(marked[view.getUint32(at, true)] ?? UNKNOWN),
        thread,
        waitMs: view.getFloat64(at + 8, true),
        startMs: view.getFloat64(at + 16, true),
        endMs: view.getFloat64(at + 24, true),
      };
    }
  }

  return {
    threads,
    get lost() {
      return lost;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    of(part, code, weight) {
      const isProduct = weight !== undefined && productCodes.includes(code);
      const name = `${names.get(code) ?? 'unknown'}${isProduct ? ` ${weight.dtype}` : ''}`;
      const weightBytes = isProduct ? bytesOf(weight) : 0;
      const key = `${name}\n${part}\n${weightBytes}`;
      let mark = marks.get(key);
      if (mark === undefined) {
        mark = marked.push({ name, part, weightBytes }) - 1;
        marks.set(key, mark);
      }
      return mark;
    },
    roomIn(memory) {
      const place = arenas.allocateIn(memory, threads * protocol.PROFILE_BYTES);
      arenas.view(memory, place.address, place.bytes).fill(0);
      rooms.push({ place, told: [] });
      return place.address;
    },
    tell() {
      const operations = rooms.flatMap(({ place, told }) =>
        Array.from({ length: threads }, (_, thread) => [...recordsOf(place, thread, told)]).flat(),
      );
      if (operations.length > 0) for (const listener of listeners) listener(operations);
    },
  };
}

function bytesOf({ dtype, shape }: CpuWeight): number {
  const width = shape.at(-1) ?? 1;
  return (rowBytes(dtype, width) * elements(shape)) / width;
}
