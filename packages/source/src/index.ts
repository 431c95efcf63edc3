export type { ByteSource, ReadOptions } from './byte-source.ts';
export { file } from './file.ts';
export type { FileHandleLike, FileOptions } from './file.ts';
export { memory } from './memory.ts';
export { retry } from './retry.ts';
export type { RetryOptions } from './retry.ts';
