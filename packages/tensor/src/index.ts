export * from './dtype.ts';
export type * from './backend.ts';
export * from './tensors.ts';
export {
  checkPositions,
  FIRST_ROUTE,
  kvLayerOf,
  spansWithRows,
  slotsOf,
  stateBytes,
  stateValues,
  type AttentionSpan,
  type KvCache,
  type KvCacheDType,
  type KvCacheShape,
  type KvLayerShape,
  type Span,
  type SpanSlots,
  type StateIndex,
  type StateRoute,
} from './kv-cache.ts';
export * as operations from './operations/all.ts';
export {
  definitionOf,
  operationKinds,
  operationMethods,
  wrappedMethods,
  type Operation,
  type OperationKind,
  type OperationMethods,
  type OperationOf,
  type Operations,
} from './operations/index.ts';
export type {
  CaseOperands,
  GivenValues,
  Naming,
  OperationCase,
  OperationDefinition,
  StoredKeysAndValues,
  TestedOperation,
} from './operations/operation.ts';
export type { Activation } from './operations/activation.ts';
export type { GatedForm } from './operations/gated.ts';
export type { AttentionOptions } from './operations/attention.ts';
export type { ColumnsOptions } from './operations/columns.ts';
export type { DeltaRuleOptions } from './operations/delta-rule.ts';
export type { SelectiveScanOptions } from './operations/selective-scan.ts';
export { halfOffsets } from './half-offsets.ts';
export { ropeFrequencies, ropeTable, type Rope, type RopeScaling } from './rope-table.ts';
export * from './shapes.ts';
export { restoreStates, saveStates } from './saved-states.ts';
export { slotLayout, type SlotLayout, type SlotRead } from './slot-layout.ts';
export { reference } from './reference/index.ts';
export * from './formats/index.ts';
export { iqGrids } from './formats/grids/index.ts';
