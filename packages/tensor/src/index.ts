export * from './dtype.ts';
export type * from './backend.ts';
export { halfOffsets } from './half-offsets.ts';
export { ropeFrequencies, ropeTable, type RopeScaling } from './rope-table.ts';
export * from './shapes.ts';
export { slotLayout, type SlotLayout, type SlotRead } from './slot-layout.ts';
export { reference } from './reference/index.ts';
export * from './formats/index.ts';
export { iqGrids } from './formats/grids/index.ts';
