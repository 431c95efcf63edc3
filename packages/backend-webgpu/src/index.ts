export { webgpu, type WebGpuBackend, type WebGpuCounts, type WebGpuOptions } from './webgpu.ts';
export { supportedDtypes } from './formats/index.ts';
export type { KernelTime } from './profiler.ts';
