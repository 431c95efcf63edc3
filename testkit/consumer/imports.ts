// A user's program that imports every package: `.ci/program` compiles it against the packed packages, with the checks of
// libraries.
export * as architectures from '@rondo/architectures';
export * as cache from '@rondo/cache';
export * as backendCpu from '@rondo/backend-cpu';
export * as backendWebGpu from '@rondo/backend-webgpu';
export * as demoModel from '@rondo/demo-model';
export * as errors from '@rondo/errors';
export * as gguf from '@rondo/gguf';
export * as grammar from '@rondo/grammar';
export * as prefetch from '@rondo/prefetch';
export * as quantize from '@rondo/quantize';
export * as source from '@rondo/source';
export * as synth from '@rondo/synth';
export * as template from '@rondo/template';
export * as tensor from '@rondo/tensor';
export * as tokenizer from '@rondo/tokenizer';
export { loadModel, plan } from '@rondo/model';
export * as sampling from '@rondo/model/sampling';
export * as browser from '@rondo/model/browser';
