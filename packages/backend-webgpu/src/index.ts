export {
  webgpu,
  type WebGpuBackend,
  type WebGpu,
  type WebGpuCounts,
  type WebGpuDevice,
  type WebGpuOptions,
} from './webgpu.ts';
export { supportedDtypes } from './formats/index.ts';
export type { KernelTime } from './kernel-time.ts';
