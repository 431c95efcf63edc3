// Formats with blocks of 64 or 128 values: two or four groups of 32. Layouts as in the scalar reference, @rondo/tensor
// `formats/`.
import { fp4Levels } from './blocks32.ts';
import { alignedLoader, smallLoads, wordLoader } from './loads.ts';
import type { WgslFormat } from './format.ts';

/** Value: d where the bit is set, -d where the bit is not set. */
export const q1_0: WgslFormat = {
  dtype: 'Q1_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}
struct Group { bits: u32, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 2u) * 18u;
  return Group(words_1(at + 2u + (group & 3u) * 4u)[0], half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let plus = (vec4<u32>(g.bits >> (4u * i)) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>(0u);
  return select(vec4<f32>(-g.scale), vec4<f32>(g.scale), plus);
}
`,
};

/** Value: d · (q - 1). A byte holds four numbers q. */
export const q2_0: WgslFormat = {
  dtype: 'Q2_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(2)}
struct Group { words: array<u32, 2>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 1u) * 18u;
  return Group(words_2(at + 2u + (group & 1u) * 8u), half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let byte = g.words[i >> 2u] >> ((i & 3u) * 8u);
  let q = (vec4<u32>(byte) >> vec4<u32>(0u, 2u, 4u, 6u)) & vec4<u32>(3u);
  return (vec4<f32>(q) - 1.0) * g.scale;
}
`,
};

/** Value: half the UE4M3 scale times the doubled E2M1 value, with one scale for each half of a group. */
export const nvfp4: WgslFormat = {
  dtype: 'NVFP4',
  code: /* wgsl */ `${smallLoads}${alignedLoader(4)}${fp4Levels}
struct Group { words: array<u32, 4>, scales: vec2<f32> }
// The bits of a scale are those of a float32 with 120 less in the exponent, and halved 119; the lowest eight are denormal.
// The highest bit means nothing, and 0x7f is 0.
fn halved_scales(bits: vec2<u32>) -> vec2<f32> {
  let number = bits & vec2<u32>(0x7fu);
  let normal = bitcast<vec2<f32>>((number << vec2<u32>(20u)) + vec2<u32>(119u << 23u));
  let scale = select(normal, vec2<f32>(number) * 0.0009765625, number < vec2<u32>(8u));
  return select(scale, vec2<f32>(0.0), bits == vec2<u32>(0x7fu));
}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 1u) * 36u;
  let half = group & 1u;
  let bits = bits_16(at + half * 2u);
  return Group(aligned_words_4(at + 4u + half * 16u), halved_scales(vec2<u32>(bits & 0xffu, bits >> 8u)));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let word = g.words[((i >> 2u) << 1u) | (i & 1u)] >> ((i & 2u) * 2u);
  return level_of(unpack4xU8(word & 0x0f0f0f0fu)) * g.scales[i >> 2u];
}
`,
};
