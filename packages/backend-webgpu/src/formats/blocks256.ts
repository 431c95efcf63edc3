// Formats with blocks of 256 values: eight groups of 32. Layouts as in the scalar reference, @rondo/tensor `formats/`.
import { iq4Levels } from './blocks32.ts';
import { alignedLoader, smallLoads, wordLoader } from './loads.ts';
import type { WgslFormat } from './format.ts';

/** The scale and the minimum of a group of Q4_K and Q5_K. The 12 bytes `s` hold 8 scales and 8 minimums of 6 bits each. */
const kScales = /* wgsl */ `
fn k_scales(s: vec3<u32>, g: u32) -> vec2<f32> {
  let shift = (g & 3u) * 8u;
  let b = (s >> vec3<u32>(shift)) & vec3<u32>(0xffu);
  let low = b.xy & vec2<u32>(63u);
  let high = vec2<u32>(b.z & 0xfu, b.z >> 4u) | ((b.xy >> vec2<u32>(6u)) << vec2<u32>(4u));
  return vec2<f32>(select(high, low, g < 4u));
}
`;

const kGroup = /* wgsl */ `
struct Group { words: array<u32, 8>, fifth: array<u32, 8>, shift: u32, bit: u32, scale: f32, minimum: f32 }
`;

/** Value: d · scale · q - dmin · minimum. */
export const q4_k: WgslFormat = {
  dtype: 'Q4_K',
  code: /* wgsl */ `${alignedLoader(4)}${alignedLoader(8)}${kScales}
struct Group { words: array<u32, 8>, shift: u32, scale: f32, minimum: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 144u;
  let g = group & 7u;
  let head = aligned_words_4(at);
  let s = unpack2x16float(head[0]) * k_scales(vec3<u32>(head[1], head[2], head[3]), g);
  return Group(aligned_words_8(at + 16u + (g >> 1u) * 32u), (g & 1u) * 4u, s.x, s.y);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let q = unpack4xU8((g.words[i] >> g.shift) & 0x0f0f0f0fu);
  return fma(vec4<f32>(q), vec4<f32>(g.scale), vec4<f32>(-g.minimum));
}
`,
};

/** Value: d · scale · q - dmin · minimum. Bit g of byte j is the fifth bit of value j of group g. */
export const q5_k: WgslFormat = {
  dtype: 'Q5_K',
  code: /* wgsl */ `${alignedLoader(4)}${alignedLoader(8)}${kScales}${kGroup}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 176u;
  let g = group & 7u;
  let head = aligned_words_4(at);
  let s = unpack2x16float(head[0]) * k_scales(vec3<u32>(head[1], head[2], head[3]), g);
  return Group(aligned_words_8(at + 48u + (g >> 1u) * 32u), aligned_words_8(at + 16u), (g & 1u) * 4u, g, s.x, s.y);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let q = ((g.words[i] >> g.shift) & 0x0f0f0f0fu) | (((g.fifth[i] >> g.bit) & 0x01010101u) << 4u);
  return fma(vec4<f32>(unpack4xU8(q)), vec4<f32>(g.scale), vec4<f32>(-g.minimum));
}
`,
};

/** Value: d · scale · (q - 32), with one scale for each half of a group. */
export const q6_k: WgslFormat = {
  dtype: 'Q6_K',
  code: /* wgsl */ `${smallLoads}${wordLoader(8)}
struct Group { low: array<u32, 8>, high: array<u32, 8>, shifts: vec2<u32>, scales: vec2<f32> }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 210u;
  let g = group & 7u;
  let low = words_8(at + (g >> 2u) * 64u + (g & 1u) * 32u);
  let high = words_8(at + 128u + (g >> 2u) * 32u);
  let scales = half_at(at + 208u) * vec2<f32>(unpack4xI8(bits_16(at + 192u + 2u * g)).xy);
  return Group(low, high, vec2<u32>((g & 2u) * 2u, (g & 3u) * 2u), scales);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let q = ((g.low[i] >> g.shifts.x) & 0x0f0f0f0fu) | (((g.high[i] >> g.shifts.y) & 0x03030303u) << 4u);
  return (vec4<f32>(unpack4xU8(q)) - 32.0) * g.scales[i >> 2u];
}
`,
};

/** Value: d · scale · q - dmin · minimum, with a scale and a minimum for each half of a group. */
export const q2_k: WgslFormat = {
  dtype: 'Q2_K',
  code: /* wgsl */ `${smallLoads}${alignedLoader(8)}
struct Group { words: array<u32, 8>, shift: u32, scales: vec2<f32>, minima: vec2<f32> }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 84u;
  let g = group & 7u;
  let bits = bits_16(at + 2u * g);
  let scales = vec2<f32>(vec2<u32>(bits & 0xfu, (bits >> 8u) & 0xfu));
  let minima = vec2<f32>(vec2<u32>((bits >> 4u) & 0xfu, bits >> 12u));
  return Group(aligned_words_8(at + 16u + (g >> 2u) * 32u), (g & 3u) * 2u, half_at(at + 80u) * scales, half_at(at + 82u) * minima);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let q = unpack4xU8((g.words[i] >> g.shift) & 0x03030303u);
  return fma(vec4<f32>(q), vec4<f32>(g.scales[i >> 2u]), vec4<f32>(-g.minima[i >> 2u]));
}
`,
};

/** Value: d · (scale - 32) · (q - 4), with one scale for each half of a group. */
export const q3_k: WgslFormat = {
  dtype: 'Q3_K',
  code: /* wgsl */ `${smallLoads}${wordLoader(8)}
struct Group { words: array<u32, 8>, third: array<u32, 8>, shift: u32, bit: u32, scales: vec2<f32> }
fn scale_3(at: u32, half: u32) -> f32 {
  let low = (byte_at(at + 96u + (half & 7u)) >> ((half >> 3u) * 4u)) & 0xfu;
  let high = (byte_at(at + 104u + (half & 3u)) >> ((half >> 2u) * 2u)) & 3u;
  return f32(low | (high << 4u)) - 32.0;
}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 110u;
  let g = group & 7u;
  let scales = half_at(at + 108u) * vec2<f32>(scale_3(at, 2u * g), scale_3(at, 2u * g + 1u));
  return Group(words_8(at + 32u + (g >> 2u) * 32u), words_8(at), (g & 3u) * 2u, g, scales);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  let q = ((g.words[i] >> g.shift) & 0x03030303u) | (((g.third[i] >> g.bit) & 0x01010101u) << 2u);
  return (vec4<f32>(unpack4xU8(q)) - 4.0) * g.scales[i >> 2u];
}
`,
};

/** Value: d · (scale - 32) · level. */
export const iq4_xs: WgslFormat = {
  dtype: 'IQ4_XS',
  code: /* wgsl */ `${smallLoads}${alignedLoader(4)}${iq4Levels}
struct Group { words: array<u32, 4>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 136u;
  let g = group & 7u;
  let low = (byte_at(at + 4u + (g >> 1u)) >> ((g & 1u) * 4u)) & 0xfu;
  let high = (bits_16(at + 2u) >> (g * 2u)) & 3u;
  return Group(aligned_words_4(at + 8u + g * 16u), half_at(at) * (f32(low | (high << 4u)) - 32.0));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  return level_of(unpack4xU8((g.words[i & 3u] >> ((i >> 2u) * 4u)) & 0x0f0f0f0fu)) * g.scale;
}
`,
};

/** Value: d · (trit - 1). A trit takes two bits. */
export const tq2_0: WgslFormat = {
  dtype: 'TQ2_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(8)}
struct Group { words: array<u32, 8>, shift: u32, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 66u;
  let g = group & 7u;
  return Group(words_8(at + (g >> 2u) * 32u), (g & 3u) * 2u, half_at(at + 64u));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  return (vec4<f32>(unpack4xU8((g.words[i] >> g.shift) & 0x03030303u)) - 1.0) * g.scale;
}
`,
};

/**
 * Value: d · (trit - 1). A byte holds five trits. Groups 0 to 4 are the trits of the first 32 bytes, and groups 5 to 7 the
 * trits of the next 16 bytes. The last 16 values are the trits of the last 4 bytes, which hold four trits each.
 */
export const tq1_0: WgslFormat = {
  dtype: 'TQ1_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(8)}${wordLoader(5)}
struct Group { words: array<u32, 8>, g: u32, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 54u;
  let g = group & 7u;
  let scale = half_at(at + 52u);
  if (g < 5u) { return Group(words_8(at), g, scale); }
  let w = words_5(at + 32u);
  if (g < 7u) { return Group(array<u32, 8>(w[0], w[1], w[2], w[3], w[0], w[1], w[2], w[3]), g, scale); }
  return Group(array<u32, 8>(w[0], w[1], w[2], w[3], w[4], w[4], w[4], w[4]), g, scale);
}
fn values(g: Group, i: u32) -> vec4<f32> {
  var trit = g.g;
  if (g.g >= 5u) { trit = (g.g - 5u) * 2u + (i >> 2u); }
  if (g.g == 7u && i >= 4u) { trit = i - 4u; }
  let powers = array<u32, 5>(1u, 3u, 9u, 27u, 81u);
  // Multiplying drops the leading trits out of the byte; three times what is left brings the next to the front.
  let fraction = (unpack4xU8(g.words[i]) * powers[trit]) & vec4<u32>(0xffu);
  return (vec4<f32>((fraction * 3u) >> vec4<u32>(8u)) - 1.0) * g.scale;
}
`,
};
