// Formats with blocks of 32 values: a block is a group. Layouts as in the scalar reference, @rondo/tensor `formats/`.
import { alignedLoader, smallLoads, spread, wordLoader } from './loads.ts';
import type { WgslFormat } from './format.ts';

/** Four of the 32 numbers that 16 bytes hold. Byte j holds number j in its low bits and number j + 16 in its high bits. */
const nibbles = '(g.words[i & 3u] >> ((i >> 2u) * 4u)) & 0x0f0f0f0fu';

/** Value: d · q. The numbers q are signed bytes. */
export const q8_0: WgslFormat = {
  dtype: 'Q8_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(8)}
struct Group { words: array<u32, 8>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + group * 34u;
  return Group(words_8(at + 2u), half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> { return vec4<f32>(unpack4xI8(g.words[i])) * g.scale; }
`,
};

/** Value: d · (q - 8). The numbers q have 4 bits. */
export const q4_0: WgslFormat = {
  dtype: 'Q4_0',
  code: /* wgsl */ `${smallLoads}${wordLoader(4)}
struct Group { words: array<u32, 4>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + group * 18u;
  return Group(words_4(at + 2u), half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> { return (vec4<f32>(unpack4xU8(${nibbles})) - 8.0) * g.scale; }
`,
};

/** Value: d · q + m. The numbers q have 4 bits. */
export const q4_1: WgslFormat = {
  dtype: 'Q4_1',
  code: /* wgsl */ `${alignedLoader(5)}
struct Group { words: array<u32, 4>, scale: vec2<f32> }
fn load_group(row: u32, group: u32) -> Group {
  let w = aligned_words_5(row + group * 20u);
  return Group(array<u32, 4>(w[1], w[2], w[3], w[4]), unpack2x16float(w[0]));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  return fma(vec4<f32>(unpack4xU8(${nibbles})), vec4<f32>(g.scale.x), vec4<f32>(g.scale.y));
}
`,
};

const fiveBits = `unpack4xU8((${nibbles}) | (spread(g.fifth >> (4u * i)) << 4u))`;

/** Value: d · (q - 16). The numbers q have 5 bits. */
export const q5_0: WgslFormat = {
  dtype: 'Q5_0',
  code: /* wgsl */ `${smallLoads}${spread}${wordLoader(5)}
struct Group { words: array<u32, 4>, fifth: u32, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + group * 22u;
  let w = words_5(at + 2u);
  return Group(array<u32, 4>(w[1], w[2], w[3], w[4]), w[0], half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> { return (vec4<f32>(${fiveBits}) - 16.0) * g.scale; }
`,
};

/** Value: d · q + m. The numbers q have 5 bits. */
export const q5_1: WgslFormat = {
  dtype: 'Q5_1',
  code: /* wgsl */ `${spread}${alignedLoader(6)}
struct Group { words: array<u32, 4>, fifth: u32, scale: vec2<f32> }
fn load_group(row: u32, group: u32) -> Group {
  let w = aligned_words_6(row + group * 24u);
  return Group(array<u32, 4>(w[2], w[3], w[4], w[5]), w[1], unpack2x16float(w[0]));
}
fn values(g: Group, i: u32) -> vec4<f32> {
  return fma(vec4<f32>(${fiveBits}), vec4<f32>(g.scale.x), vec4<f32>(g.scale.y));
}
`,
};

const levels = (name: string, list: readonly number[]) => /* wgsl */ `
const ${name} = array<f32, 16>(${list.map((value) => value.toFixed(1)).join(', ')});
fn level_of(n: vec4<u32>) -> vec4<f32> { return vec4<f32>(${name}[n.x], ${name}[n.y], ${name}[n.z], ${name}[n.w]); }
`;

/** The levels of IQ4_NL and IQ4_XS, which `level_of` looks up. */
export const iq4Levels = levels(
  'IQ4_LEVELS',
  [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
);

/** Value: d · level. */
export const iq4_nl: WgslFormat = {
  dtype: 'IQ4_NL',
  code: /* wgsl */ `${smallLoads}${wordLoader(4)}${iq4Levels}
struct Group { words: array<u32, 4>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + group * 18u;
  return Group(words_4(at + 2u), half_at(at));
}
fn values(g: Group, i: u32) -> vec4<f32> { return level_of(unpack4xU8(${nibbles})) * g.scale; }
`,
};

/** The doubled values of E2M1, for MXFP4 and NVFP4, which `level_of` looks up. */
export const fp4Levels = levels('DOUBLED', [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

/** Value: 2^(e - 128) times the doubled E2M1 value. */
export const mxfp4: WgslFormat = {
  dtype: 'MXFP4',
  code: /* wgsl */ `${smallLoads}${wordLoader(4)}${fp4Levels}
struct Group { words: array<u32, 4>, scale: f32 }
fn load_group(row: u32, group: u32) -> Group {
  let at = row + group * 17u;
  let e = byte_at(at);
  // 2^(e - 128) by its bits; the two smallest are denormal.
  let scale = bitcast<f32>(select((e - 1u) << 23u, 0x00200000u << e, e < 2u));
  return Group(words_4(at + 1u), scale);
}
fn values(g: Group, i: u32) -> vec4<f32> { return level_of(unpack4xU8(${nibbles})) * g.scale; }
`,
};
