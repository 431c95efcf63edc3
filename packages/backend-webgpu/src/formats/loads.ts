// WGSL that reads words and halves from the weights. Blocks of 18, 34 or 210 bytes can begin at any byte, so an unaligned
// word is combined from two aligned words. Adjacent threads read adjacent words, so most of these reads hit the caches.

/** Declares `words_<count>(byte)`: reads `count` words from any byte on. */
export function wordLoader(count: number): string {
  const loads = Array.from({ length: count + 1 }, (_, i) => `let w${i} = weights[at + ${i}u];`);
  const words = Array.from({ length: count }, (_, i) => `(w${i} >> shift) | ((w${i + 1} << 1u) << rest)`);
  return /* wgsl */ `
fn words_${count}(byte: u32) -> array<u32, ${count}> {
  let at = byte >> 2u;
  let shift = (byte & 3u) * 8u;
  // Two shifts: by 32 at once is no shift at all.
  let rest = 31u - shift;
  ${loads.join('\n  ')}
  return array<u32, ${count}>(${words.join(', ')});
}
`;
}

/** Declares `aligned_words_<count>(byte)`: reads `count` words from a multiple of four bytes on. */
export function alignedLoader(count: number): string {
  const words = Array.from({ length: count }, (_, i) => `weights[at + ${i}u]`);
  return /* wgsl */ `
fn aligned_words_${count}(byte: u32) -> array<u32, ${count}> {
  let at = byte >> 2u;
  return array<u32, ${count}>(${words.join(', ')});
}
`;
}

/** `half_at(byte)`: the float16 at an even byte. `bits_16(byte)`: the bits of that float16. `byte_at(byte)`: the byte. */
export const smallLoads = /* wgsl */ `
fn bits_16(byte: u32) -> u32 { return (weights[byte >> 2u] >> ((byte & 2u) * 8u)) & 0xffffu; }
fn half_at(byte: u32) -> f32 { return unpack2x16float(bits_16(byte)).x; }
fn byte_at(byte: u32) -> u32 { return (weights[byte >> 2u] >> ((byte & 3u) * 8u)) & 0xffu; }
`;

/** `spread(bits)`: moves bit k of the lowest four bits to the lowest bit of byte k. */
export const spread = /* wgsl */ `
fn spread(bits: u32) -> u32 { return ((bits & 0xfu) * 0x00204081u) & 0x01010101u; }
`;
