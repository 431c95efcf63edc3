export { cpu, type CpuOptions } from './cpu.ts';
export { supportedDtypes } from './matmul-inputs.ts';
