export * from './dtype.ts';
export type * from './backend.ts';
export { halfOffsets } from './half-offsets.ts';
export * from './shapes.ts';
export { reference } from './reference/index.ts';
export * from './formats/index.ts';
