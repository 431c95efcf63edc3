// Sampling, for the rest of the model package.
export { createSampler, type Sampler, type SamplerOptions } from './sampler.ts';
