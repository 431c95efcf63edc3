// Sampling, for the rest of the model package.
export { createSampler, type Sampler } from './sampler.ts';
export { samplingChecks, type SamplerName, type SamplerOptions } from './sampler-options.ts';
export type { LogitBias } from './steps/logit-bias.ts';
export { samplingVocabularyOf } from './tokenizer-vocabulary.ts';
