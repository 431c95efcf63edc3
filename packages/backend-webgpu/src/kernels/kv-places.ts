// Where a layer's keys and values lie in their buffers; shared by the kernels that store and that attend.
//
// A head's key or value is words of four values, and a position's row is `position % kept`: a layer that keeps fewer positions
// than the cache has overwrites the oldest ones. F32: words are `vec4<f32>`, the last one padded with values that stay 0. Q8_0:
// words of four signed bytes, and behind all of these words of two float16 scales, for 64 values each.
import type { KvCacheDType } from '@rondo/tensor';

/**
 * Declares `key_place` and `value_place`: the index of word i of `words` of a head in a row; of scales as of words. Keys lie
 * `[head][i][row]`, so that threads of neighbouring positions read neighbours; values lie `[head][row][i]`.
 */
export const placesCode = /* wgsl */ `
fn key_place(head: u32, row: u32, i: u32, words: u32) -> u32 { return (head * words + i) * p.kept + row; }
fn value_place(head: u32, row: u32, i: u32, words: u32) -> u32 { return (head * p.kept + row) * words + i; }
`;

/** Values that a word of scales is for. */
export const SCALED_TOGETHER = 64;

/** Words of a head's key or value of so many values, without scales. */
export const headWords = (size: number): number => Math.ceil(size / 4);

/** Words of scales of a head's key or value. */
export const headScales = (size: number): number => Math.ceil(size / SCALED_TOGETHER);

/** Bytes of a head's key or value of one position. */
export const headBytes = (size: number, dtype: KvCacheDType): number =>
  dtype === 'F32' ? headWords(size) * 16 : (headWords(size) + headScales(size)) * 4;
