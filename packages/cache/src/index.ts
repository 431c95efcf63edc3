// @rondo/cache: a byte-sized cache for anything that loads asynchronously.
export * from './belady.ts';
export * from './create-cache.ts';
export { checkPolicy } from './guard-policy.ts';
export * from './options.ts';
export type { AccessPattern } from './policies/access-pattern.ts';
export * from './policies/adaptive.ts';
export * from './policies/belady.ts';
export * from './policies/lfu.ts';
export * from './policies/lru.ts';
export * from './policies/pinned.ts';
export * from './policies/protected-lru.ts';
export * from './policies/registry.ts';
export * from './policies/round-lfu.ts';
export * from './types.ts';
export * from './traces/expert-trace.ts';
