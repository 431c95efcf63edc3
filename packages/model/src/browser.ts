// The exports for a page without a bundler. The build puts the exports into one file, `rondo.browser.js`, which imports nothing.
export * from './index.ts';
export { cpu, type CpuOptions } from '@rondo/backend-cpu';
export { webgpu, type WebGpuBackend, type WebGpuOptions } from '@rondo/backend-webgpu';
export { isRondoError, RondoError, type RondoErrorCode } from '@rondo/errors';
export { blob, http, huggingFace, memory, opfs, opfsStore, tiered } from '@rondo/source';
/** The policies of the option `cache`. */
export * as cache from '@rondo/cache';
/** The strategies of the option `prefetch`. */
export * as prefetch from '@rondo/prefetch';
