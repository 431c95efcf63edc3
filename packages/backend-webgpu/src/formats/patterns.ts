// IQ1, IQ2 and IQ3: blocks of 256 values, in eight groups of 32. A block stores the numbers of patterns of 8 or 4 values. The
// patterns are in a separate buffer, `table`. Layouts as in the scalar reference, @rondo/tensor `formats/`.
import { iqGrids } from '@rondo/tensor';
import { smallLoads, wordLoader } from './loads.ts';
import type { WgslFormat } from './format.ts';

/**
 * `sevens(bits)`: the four 7-bit numbers in 28 bits. `even_signs(seven)`: the signs of 32 values, one bit each, from four 7-bit
 * numbers. Among the 8 values of one number, the number of negative values is even. `with_signs(v, signs)`: the values `v` with
 * the signs in the lowest four bits of `signs`.
 */
const signs = /* wgsl */ `
fn sevens(bits: u32) -> vec4<u32> { return (vec4<u32>(bits) >> vec4<u32>(0u, 7u, 14u, 21u)) & vec4<u32>(0x7fu); }
fn even_signs(seven: vec4<u32>) -> u32 {
  let eight = (seven | ((countOneBits(seven) & vec4<u32>(1u)) << vec4<u32>(7u))) << vec4<u32>(0u, 8u, 16u, 24u);
  return eight.x | eight.y | eight.z | eight.w;
}
fn with_signs(v: vec4<f32>, signs: u32) -> vec4<f32> {
  return select(v, -v, (vec4<u32>(signs) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>(0u));
}
`;

/** The four bytes of a word as numbers, each with further high bits. */
const numbers = (word: string, high: (byte: number) => string, first = 0) =>
  [0, 1, 2, 3]
    .map((byte) => `((${word} >> ${8 * byte}u) & 0xffu) | (${high(first + byte)} << 8u)`)
    .join(', ');

const none = () => '0u';

/** A group of four patterns of 8 values. The signs are stored separately. Each half of a group has a scale. */
const eights = /* wgsl */ `
struct Group { patterns: array<u32, 4>, signs: u32, scales: vec2<f32> }
fn values(g: Group, i: u32) -> vec4<f32> {
  let v = vec4<f32>(unpack4xI8(table[g.patterns[i >> 1u] * 2u + (i & 1u)]));
  return with_signs(v, g.signs >> (4u * i)) * g.scales[i >> 2u];
}
`;

/** Value: d · (scale + 1/2) / 4 · magnitude. */
const iq2_xxs: WgslFormat = {
  dtype: 'IQ2_XXS',
  table: iqGrids.IQ2_XXS,
  code: /* wgsl */ `${smallLoads}${wordLoader(2)}${signs}${eights}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 66u;
  let w = words_2(at + 2u + (group & 7u) * 8u);
  let scale = half_at(at) * (f32(w[1] >> 28u) + 0.5) * 0.25;
  return Group(array<u32, 4>(${numbers('w[0]', none)}), even_signs(sevens(w[1])), vec2<f32>(scale));
}
`,
};

/** Value: d · (scale + 1/2) / 4 · magnitude. 16 bits hold the number of a pattern, and signs. */
const iq2_xs: WgslFormat = {
  dtype: 'IQ2_XS',
  table: iqGrids.IQ2_XS,
  code: /* wgsl */ `${smallLoads}${wordLoader(2)}${signs}${eights}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 74u;
  let g = group & 7u;
  let w = words_2(at + 2u + g * 8u);
  let bits = vec4<u32>(w[0], w[0] >> 16u, w[1], w[1] >> 16u) & vec4<u32>(0xffffu);
  let pattern = bits & vec4<u32>(0x1ffu);
  let scales = byte_at(at + 66u + g);
  return Group(
    array<u32, 4>(pattern.x, pattern.y, pattern.z, pattern.w),
    even_signs(bits >> vec4<u32>(9u)),
    half_at(at) * (vec2<f32>(vec2<u32>(scales & 0xfu, scales >> 4u)) + 0.5) * 0.25,
  );
}
`,
};

/** Value: d · (scale + 1/2) / 4 · magnitude. The two high bits of each pattern's number are stored separately. */
const iq2_s: WgslFormat = {
  dtype: 'IQ2_S',
  table: iqGrids.IQ2_S,
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}${signs}${eights}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 82u;
  let g = group & 7u;
  let low = words_1(at + 2u + g * 4u)[0];
  let high = byte_at(at + 66u + g);
  let scales = byte_at(at + 74u + g);
  return Group(
    array<u32, 4>(${numbers('low', (k) => `((high >> ${2 * k}u) & 3u)`)}),
    words_1(at + 34u + g * 4u)[0],
    half_at(at) * (vec2<f32>(vec2<u32>(scales & 0xfu, scales >> 4u)) + 0.5) * 0.25,
  );
}
`,
};

/** A group of eight patterns of 4 values. The signs are stored separately. */
const fours = /* wgsl */ `
struct Group { patterns: array<u32, 8>, signs: u32, scale: f32 }
fn values(g: Group, i: u32) -> vec4<f32> {
  return with_signs(vec4<f32>(unpack4xI8(table[g.patterns[i]])), g.signs >> (4u * i)) * g.scale;
}
`;

/** Value: d · (scale + 1/2) / 2 · magnitude. */
const iq3_xxs: WgslFormat = {
  dtype: 'IQ3_XXS',
  table: iqGrids.IQ3_XXS,
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}${wordLoader(2)}${signs}${fours}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 98u;
  let g = group & 7u;
  let w = words_2(at + 2u + g * 8u);
  let bits = words_1(at + 66u + g * 4u)[0];
  let scale = half_at(at) * (f32(bits >> 28u) + 0.5) * 0.5;
  return Group(array<u32, 8>(${numbers('w[0]', none)}, ${numbers('w[1]', none)}), even_signs(sevens(bits)), scale);
}
`,
};

/** Value: d · (2 · scale + 1) · magnitude. The high bit of each pattern's number is stored separately. */
const iq3_s: WgslFormat = {
  dtype: 'IQ3_S',
  table: iqGrids.IQ3_S,
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}${wordLoader(2)}${signs}${fours}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 110u;
  let g = group & 7u;
  let w = words_2(at + 2u + g * 8u);
  let high = byte_at(at + 66u + g);
  let scale = (byte_at(at + 106u + (g >> 1u)) >> ((g & 1u) * 4u)) & 0xfu;
  return Group(
    array<u32, 8>(${[0, 1].map((i) => numbers(`w[${i}]`, (k) => `((high >> ${k}u) & 1u)`, 4 * i)).join(', ')}),
    words_1(at + 74u + g * 4u)[0],
    half_at(at) * f32(2u * scale + 1u),
  );
}
`,
};

/** A group of four patterns of 8 ternary values. Each pattern has a shift. Each half of a group has a scale. */
const ternaries = /* wgsl */ `
struct Group { patterns: array<u32, 4>, shifts: vec4<f32>, scales: vec2<f32> }
fn values(g: Group, i: u32) -> vec4<f32> {
  let v = vec4<f32>(unpack4xI8(table[g.patterns[i >> 1u] * 2u + (i & 1u)]));
  return (v + g.shifts[i >> 1u]) * g.scales[i >> 2u];
}
`;

/** Value: d · (2 · scale + 1) · (trit ± 1/8), with one scale and one sign of the shift for a group. */
const iq1_s: WgslFormat = {
  dtype: 'IQ1_S',
  table: iqGrids.IQ1_S,
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}${ternaries}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 50u;
  let g = group & 7u;
  let low = words_1(at + 2u + g * 4u)[0];
  let bits = bits_16(at + 34u + g * 2u);
  return Group(
    array<u32, 4>(${numbers('low', (k) => `((bits >> ${3 * k}u) & 7u)`)}),
    vec4<f32>(select(0.125, -0.125, bits >= 0x8000u)),
    vec2<f32>(half_at(at) * f32(2u * ((bits >> 12u) & 7u) + 1u)),
  );
}
`,
};

/** Value: d · (2 · scale + 1) · (trit ± 1/8). Each of the four 16-bit scale words has four bits of d in its high bits. */
const iq1_m: WgslFormat = {
  dtype: 'IQ1_M',
  table: iqGrids.IQ1_M,
  code: /* wgsl */ `${smallLoads}${wordLoader(1)}${wordLoader(2)}${ternaries}
fn load_group(row: u32, group: u32) -> Group {
  let at = row + (group >> 3u) * 56u;
  let g = group & 7u;
  let low = words_1(at + g * 4u)[0];
  let bits = bits_16(at + 32u + g * 2u);
  let all = words_2(at + 48u);
  let d = ((all[0] >> 12u) & 0xfu) | ((all[0] >> 28u) << 4u) | (((all[1] >> 12u) & 0xfu) << 8u) | ((all[1] >> 28u) << 12u);
  let scales = bits_16(at + 48u + (g >> 1u) * 2u) >> ((g & 1u) * 6u);
  let negative = (vec4<u32>(bits) & vec4<u32>(8u, 0x80u, 0x800u, 0x8000u)) != vec4<u32>(0u);
  return Group(
    array<u32, 4>(${numbers('low', (k) => `((bits >> ${4 * k}u) & 7u)`)}),
    select(vec4<f32>(0.125), vec4<f32>(-0.125), negative),
    unpack2x16float(d).x * vec2<f32>(2u * (vec2<u32>(scales, scales >> 3u) & vec2<u32>(7u)) + 1u),
  );
}
`,
};

/** The formats of this family. */
export const patternFormats: readonly WgslFormat[] = [iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s];
