// The reading loop for other benchmarks.
export { compileReader } from './compile-reader.ts';
export { createReader, type Reader } from './reader.ts';
