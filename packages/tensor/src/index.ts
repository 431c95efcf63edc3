export * from './dtype.ts';
export type * from './backend.ts';
