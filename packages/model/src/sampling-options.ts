// The options of sampling as data, without the rest of the package: for programs that show them, such as a command line.
export { samplingOptions, type SamplerOptions } from './generation/sampling/sampler-options.ts';
export type { SamplingOption } from './generation/sampling/option.ts';
