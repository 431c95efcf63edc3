// Stores keys and values of a span in its cache. If rope comes directly before, this kernel also rotates the keys and the
// queries: one dispatch instead of three.
import type { KvCacheDType, Rope } from '@rondo/tensor';
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { headScales, placesCode } from './kv-places.ts';
import { rotationCode } from './rope.ts';

/** How the kernel is specialised. */
export interface StoreKvOptions {
  /** Data type of the cache. */
  readonly dtype: KvCacheDType;
  /** If defined, the kernel rotates keys and queries. */
  readonly rope: Rope['kind'] | undefined;
}

/** `store_key(i)` or `store_value(i)`: the work of thread i. For F32 it stores a value, for Q8_0 two blocks of 32 values. */
const storing: Readonly<Record<KvCacheDType, (what: 'key' | 'value') => string>> = {
  F32: (what) => /* wgsl */ `
fn store_${what}(i: u32) {
  let size = p.${what}_size;
  let d = i % size;
  let head = i / size % p.heads;
  let token = i / size / p.heads;
  let place = ${what}_place(head, (p.position + token) % p.kept, d / 4u, (size + 3u) / 4u);
  ${what}s[place * 4u + d % 4u] = ${what}_of(token, head, d);
}
`,
  Q8_0: (what) => /* wgsl */ `
fn store_${what}(i: u32) {
  let words = p.${what}_size / 4u;
  let pairs = (words + 15u) / 16u;
  let pair = i % pairs;
  let head = i / pairs % p.heads;
  let token = i / pairs / p.heads;
  let row = (p.position + token) % p.kept;
  var scales = vec2<f32>(0.0);
  for (var block = 0u; block < 2u; block++) {
    let first = pair * 16u + block * 8u;
    if (first >= words) { break; }
    var x: array<vec4<f32>, 8>;
    // By its bits, of which those of NaN are larger than any number's.
    var largest = vec4<u32>(0u);
    for (var j = 0u; j < 8u; j++) {
      for (var c = 0u; c < 4u; c++) { x[j][c] = ${what}_of(token, head, (first + j) * 4u + c); }
      largest = max(largest, bitcast<vec4<u32>>(x[j]) & vec4<u32>(0x7fffffffu));
    }
    let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
    var inverse = 0.0;
    if (scale != 0.0) { inverse = 1.0 / scale; }
    scales[block] = scale;
    for (var j = 0u; j < 8u; j++) {
      let scaled = x[j] * inverse;
      // Halves away from zero.
      ${what}s[${what}_place(head, row, first + j, words)] = pack4xI8(vec4<i32>(sign(scaled) * floor(abs(scaled) + 0.5)));
    }
  }
  ${what}s[p.heads * words * p.kept + ${what}_place(head, row, pair, pairs)] = pack2x16float(scales);
}
`,
};

/** Number of threads that store the keys, or the values, of `tokens` tokens. */
export function storeKvThreads(dtype: KvCacheDType, tokens: number, heads: number, size: number): number {
  return tokens * heads * (dtype === 'F32' ? size : headScales(size));
}

/**
 * Threads below `key_threads` store keys, threads from `key_threads` to `stored` store values; see `storeKvThreads`. With
 * rope, each thread from `stored` on rotates one value of a query.
 */
export const storeKv = ({ dtype, rope }: StoreKvOptions): Kernel =>
  kernel(`storeKv ${dtype}${rope ? ` + rope ${rope}` : ''}`, () => ({
    parameters: {
      key_threads: 'u32',
      stored: 'u32',
      tokens: 'u32',
      position: 'u32',
      heads: 'u32',
      key_size: 'u32',
      value_size: 'u32',
      kept: 'u32',
      k_start: 'u32',
      v_start: 'u32',
      q_width: 'u32',
      q_start: 'u32',
      rotated_start: 'u32',
      table_start: 'u32',
      dimensions: 'u32',
    },
    bindings: {
      k: reads(),
      v: reads(),
      keys: writes(dtype === 'F32' ? 'array<f32>' : 'array<u32>'),
      values: writes(dtype === 'F32' ? 'array<f32>' : 'array<u32>'),
      ...(rope && { q: reads(), data: reads('array<u32>'), rotated_q: writes() }),
    },
    code: /* wgsl */ `
${rope ? rotationCode(rope, 'k', 'rotated_key') + rotationCode(rope, 'q', 'rotated_query') : ''}
fn key_of(token: u32, head: u32, d: u32) -> f32 {
  let at = p.k_start + (token * p.heads + head) * p.key_size;
  return ${rope ? 'rotated_key(at, token, d, p.dimensions)' : 'k[at + d]'};
}
fn value_of(token: u32, head: u32, d: u32) -> f32 {
  return v[p.v_start + (token * p.heads + head) * p.value_size + d];
}
${placesCode}${storing[dtype]('key')}${storing[dtype]('value')}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < p.stored${rope ? ' + p.tokens * p.q_width' : ''}; i += groups.x * ${THREADS}u) {
    ${
      rope
        ? /* wgsl */ `if (i >= p.stored) {
      let j = i - p.stored;
      let d = j % p.key_size;
      rotated_q[p.rotated_start + j] = rotated_query(p.q_start + j - d, j / p.q_width, d, p.dimensions);
      continue;
    }`
        : ''
    }
    if (i < p.key_threads) { store_key(i); } else { store_value(i - p.key_threads); }
  }
}
`,
  }));
