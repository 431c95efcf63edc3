// One dispatch of a kernel, with everything it needs but the device.
import { THREADS, type Kernel } from './kernels/kernel.ts';
import type { Region } from './gpu-tensors.ts';
import type { GpuBuffer } from './memory.ts';
import type { DeviceTraits } from './device.ts';

/** The batch's own buffer of tables and lists. */
export const DATA = 'data';
/** Room for what attention's tiles give. */
export const SCRATCH = 'scratch';

/** A kernel with its buffers and parameters. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** By the names of the kernel's bindings. */
  readonly buffers: Readonly<Record<string, GpuBuffer | typeof DATA | typeof SCRATCH>>;
  /** By the names of the kernel's parameters; what is missing is 0. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** What operations are lowered with. */
export interface LoweringContext {
  readonly traits: DeviceTraits;
  bufferOf(region: Region): GpuBuffer;
  /** Puts words into the batch's data; the same array is put there once. Returns where it begins, in words. */
  data(words: Uint32Array): number;
  /** A buffer with a format's constants. */
  table(constants: Int8Array): GpuBuffer;
  /** Sees to it that `SCRATCH` has this many bytes. */
  scratch(bytes: number): typeof SCRATCH;
}

/** Workgroups in one dimension, at most; all devices grant as many. */
const MOST_WORKGROUPS = 65535;

/** Workgroups for one thread a value, or for as many threads as there can be. */
export function threadsFor(count: number): [number, number, number] {
  return [Math.min(MOST_WORKGROUPS, Math.ceil(count / THREADS)), 1, 1];
}
