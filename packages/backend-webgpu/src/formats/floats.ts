// F32, F16 and BF16: unblocked values. Rows may have any length, so values after the row's end are masked.
import { alignedLoader, wordLoader } from './loads.ts';
import type { WgslFormat } from './format.ts';

const mask = /* wgsl */ `
fn mask(first: u32, v: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(0.0), v, vec4<u32>(first, first + 1u, first + 2u, first + 3u) < vec4<u32>(p.inner));
}
`;

/** IEEE 754 binary32. */
export const f32: WgslFormat = {
  dtype: 'F32',
  code: /* wgsl */ `${alignedLoader(32)}${mask}
struct Group { words: array<u32, 32>, first: u32 }
fn load_group(row: u32, group: u32) -> Group { return Group(aligned_words_32(row + group * 128u), group * 32u); }
fn values(g: Group, i: u32) -> vec4<f32> {
  let bits = vec4<u32>(g.words[4u * i], g.words[4u * i + 1u], g.words[4u * i + 2u], g.words[4u * i + 3u]);
  return mask(g.first + 4u * i, bitcast<vec4<f32>>(bits));
}
`,
};

const halves = (decode: string) => /* wgsl */ `${wordLoader(16)}${mask}
struct Group { words: array<u32, 16>, first: u32 }
fn load_group(row: u32, group: u32) -> Group { return Group(words_16(row + group * 64u), group * 32u); }
fn pair(word: u32) -> vec2<f32> { return ${decode}; }
fn values(g: Group, i: u32) -> vec4<f32> {
  return mask(g.first + 4u * i, vec4<f32>(pair(g.words[2u * i]), pair(g.words[2u * i + 1u])));
}
`;

/** IEEE 754 binary16. */
export const f16: WgslFormat = { dtype: 'F16', code: halves('unpack2x16float(word)') };

/** The upper half of a float32. */
export const bf16: WgslFormat = {
  dtype: 'BF16',
  code: halves('bitcast<vec2<f32>>(vec2<u32>(word << 16u, word & 0xffff0000u))'),
};
