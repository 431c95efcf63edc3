// Measures the time of each kernel by the device's timestamps.
import type { KernelTime } from './kernel-time.ts';
import { usage } from './memory.ts';

/** Measures the dispatches of submissions. */
export interface Profiler {
  /** The descriptor of the pass for the next dispatch. */
  measure(kernel: string): GPUComputePassDescriptor;
  /** Ends the measurement of a submission. */
  resolve(commands: GPUCommandEncoder): void;
  /** All times since the last call, the longest first. */
  take(): Promise<readonly KernelTime[]>;
}

/** Dispatches that can be measured in one submission; WebGPU allows 4,096 timestamps in a set. */
const MOST_DISPATCHES = 2048;

/** A profiler for a device with `timestamp-query`. */
export function createProfiler(device: GPUDevice): Profiler {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * MOST_DISPATCHES });
  const results: {
    readonly names: readonly string[];
    readonly resolved: GPUBuffer;
    readonly buffer: GPUBuffer;
  }[] = [];
  let names: string[] = [];
  return {
    measure(kernel) {
      const index = names.length;
      if (index >= MOST_DISPATCHES) return {};
      names.push(kernel);
      return {
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * index,
          endOfPassWriteIndex: 2 * index + 1,
        },
      };
    },
    resolve(commands) {
      const size = names.length * 16;
      const resolved = device.createBuffer({ size, usage: usage.queryResolve | usage.copySource });
      const buffer = device.createBuffer({ size, usage: usage.mapRead | usage.copyDestination });
      commands.resolveQuerySet(querySet, 0, 2 * names.length, resolved, 0);
      commands.copyBufferToBuffer(resolved, 0, buffer, 0, size);
      results.push({ names, resolved, buffer });
      names = [];
    },
    async take() {
      const times = new Map<string, { dispatches: number; ms: number }>();
      for (const { names, resolved, buffer } of results.splice(0)) {
        await buffer.mapAsync(usage.mapRead);
        const stamps = new BigUint64Array(buffer.getMappedRange());
        for (const [index, name] of names.entries()) {
          const time = times.get(name) ?? { dispatches: 0, ms: 0 };
          time.dispatches++;
          time.ms += Number((stamps[2 * index + 1] ?? 0n) - (stamps[2 * index] ?? 0n)) / 1e6;
          times.set(name, time);
        }
        buffer.destroy();
        resolved.destroy();
      }
      return [...times].map(([kernel, time]) => ({ kernel, ...time })).toSorted((a, b) => b.ms - a.ms);
    },
  };
}
