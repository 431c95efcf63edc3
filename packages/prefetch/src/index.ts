// @rondo/prefetch: strategies that decide what to fetch next, and when.
export { asyncPrefetch as async, type AsyncPrefetchOptions } from './async-prefetch.ts';
export { loopOrder } from './loop-order.ts';
export { none } from './none.ts';
export {
  predictivePrefetch as predictive,
  type PredictivePrefetchOptions,
  type PredictivePrefetchStrategy,
  type PredictivePrefetcher,
  type PredictiveState,
} from './predictive-prefetch.ts';
export type { PredictionSource } from './order-model.ts';
export * from './registry.ts';
export { syncPrefetch as sync, type SyncPrefetchOptions } from './sync-prefetch.ts';
export type * from './types.ts';
