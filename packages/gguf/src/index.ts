export {
  findBoolean,
  findBooleans,
  findInteger,
  findIntegerOfLayers,
  findIntegers,
  findNumber,
  findNumberArray,
  findString,
  findStringArray,
  getBoolean,
  getInteger,
  getNumber,
  getNumberArray,
  getString,
  getStringArray,
} from './accessors.ts';
export type { HasMetadata, NumberArray } from './accessors.ts';
export { checkIsNoText } from './magic.ts';
export { bools, f32, string, u32, u32s } from './metadata-values.ts';
export { overrideMetadata } from './override.ts';
export type { Overridden } from './override.ts';
export { readGguf } from './read.ts';
export { checkShardCount, openShards } from './open-shards.ts';
export { readShards } from './read-shards.ts';
export { checkIsNoPart, shardNames } from './shard-names.ts';
export type { JoinedGguf } from './read-shards.ts';
export { splitGguf } from './split.ts';
export { standardKeys } from './standard-keys.ts';
export type { StandardKeys } from './standard-keys.ts';
export type * from './types.ts';
export type { ValueType } from './value-types.ts';
export { encodeGguf, writeGguf } from './write.ts';
export type { GgufToWrite, TensorToWrite } from './write.ts';
