// A dispatch of a kernel, as data: its kernel, buffers, parameters and workgroups.
import { THREADS, type Kernel } from './kernels/kernel.ts';
import type { Region } from './gpu-tensors.ts';
import type { GpuBuffer } from './memory.ts';
import type { DeviceTraits } from './device.ts';

/** The name of the batch's buffer of tables and lists. */
export const DATA = 'data';
/** The name of the batch's buffer for the partial results of attention. */
export const SCRATCH = 'scratch';

/** A kernel with its buffers and parameters. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** The buffers, by the names of the kernel's bindings. */
  readonly buffers: Readonly<Record<string, GpuBuffer | typeof DATA | typeof SCRATCH>>;
  /** The values of the parameters, by the names of the kernel's parameters; a missing parameter is 0. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** The functions and device traits for lowering operations. */
export interface LoweringContext {
  readonly traits: DeviceTraits;
  bufferOf(region: Region): GpuBuffer;
  /** Puts words into the batch's data. The same array is put only once. Returns the offset of the array in words. */
  data(words: Uint32Array): number;
  /** A buffer with a format's constants. */
  table(constants: Int8Array): GpuBuffer;
  /** Ensures that `SCRATCH` has at least this many bytes. */
  scratch(bytes: number): typeof SCRATCH;
}

/** The most workgroups in one dimension; all devices support this number. */
const MOST_WORKGROUPS = 65535;

/** Workgroups for one thread per value, up to the largest possible number of workgroups. */
export function threadsFor(count: number): [number, number, number] {
  return [Math.min(MOST_WORKGROUPS, Math.ceil(count / THREADS)), 1, 1];
}
