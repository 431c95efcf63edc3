export type { ByteSource, ReadOptions } from './byte-source.ts';
export type { Clock } from './clock.ts';
export { createSource } from './create-source.ts';
export type { SourceParts } from './create-source.ts';
export { file } from './file.ts';
export type { FileHandleLike, FileOptions } from './file.ts';
export { memory } from './memory.ts';
export { retry } from './retry.ts';
export type { RetryOptions } from './try-repeatedly.ts';
