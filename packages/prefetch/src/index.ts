// @rondo/prefetch: strategies that decide what to fetch next, and when.
export { asyncPrefetch as async, type AsyncPrefetchOptions } from './async-prefetch.ts';
export { loopOrder } from './loop-order.ts';
export { none } from './none.ts';
export { syncPrefetch as sync, type SyncPrefetchOptions } from './sync-prefetch.ts';
export type * from './types.ts';
