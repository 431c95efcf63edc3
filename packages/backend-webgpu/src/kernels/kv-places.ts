// The layout of a layer's keys and values in their buffers; the storing and the attending kernels share it.
//
// A head's key or value consists of words of four values. A position lies in row `position % kept`: a layer that keeps fewer
// positions than the cache overwrites its oldest positions. F32: a word is a `vec4<f32>`; the last word is padded with zeros.
// Q8_0: a word has four signed bytes. After all these words follow words of two float16 scales, one word for 64 values.
import type { KvCacheDType } from '@rondo/tensor';

/**
 * Declares `key_place` and `value_place`: the index of word i of `words` of a head in a row, also for scales. Keys are
 * `[head][i][row]`, so that threads of neighbouring positions read neighbouring words; values are `[head][row][i]`.
 */
export const placesCode = /* wgsl */ `
fn key_place(head: u32, row: u32, i: u32, words: u32) -> u32 { return (head * words + i) * p.kept + row; }
fn value_place(head: u32, row: u32, i: u32, words: u32) -> u32 { return (head * p.kept + row) * words + i; }
`;

/** Number of values for one word of scales. */
export const SCALED_TOGETHER = 64;

/** Number of words of a head's key or value with `size` values, without scales. */
export const headWords = (size: number): number => Math.ceil(size / 4);

/** Number of words that hold the scales of a head's key or value. */
export const headScales = (size: number): number => Math.ceil(size / SCALED_TOGETHER);

/** Bytes of a head's key or value of one position. */
export const headBytes = (size: number, dtype: KvCacheDType): number =>
  dtype === 'F32' ? headWords(size) * 16 : (headWords(size) + headScales(size)) * 4;
