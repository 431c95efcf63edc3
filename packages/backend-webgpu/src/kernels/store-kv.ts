// Puts keys and values of a span into its cache. Keys, and the queries beside them, are rotated on the way where rope comes
// right before: one dispatch instead of three.
import type { KvCacheDType, Rope } from '@rondo/tensor';
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { rotationCode } from './rope.ts';

/** How the kernel is specialised. */
export interface StoreKvOptions {
  /** Of the cache. */
  readonly dtype: KvCacheDType;
  /** Rotates keys and queries. */
  readonly rope: Rope['kind'] | undefined;
}

/** `store_one(i)`, and the layouts: for F32 thread i stores a value of a key and one of a value, for Q8_0 two blocks of either. */
const code: Readonly<Record<KvCacheDType, string>> = {
  // Heads are padded to a multiple of four values that stay 0: keys `[head][d / 4][position][4]`, so that threads of
  // neighbouring positions read neighbours; values `[head][position][d]`.
  F32: /* wgsl */ `
fn store_one(i: u32) {
  let depth = (p.head_size + 3u) / 4u;
  let row = i / p.kv_width;
  let head = (i % p.kv_width) / p.head_size;
  let d = i % p.head_size;
  let position = p.position + row;
  keys[((head * depth + d / 4u) * p.capacity + position) * 4u + d % 4u] = key_of(row, head, d);
  values[(head * p.capacity + position) * depth * 4u + d] = value_of(row, head, d);
}
`,
  // The same in words of four signed bytes. Behind all of them are words of two float16 scales for 64 values: of keys
  // `[head][d / 64][position]`, of values `[head][position][d / 64]`.
  Q8_0: /* wgsl */ `
fn store_one(i: u32) {
  let depth = p.head_size / 4u;
  let pairs = (depth + 15u) / 16u;
  let heads = p.kv_width / p.head_size;
  let is_key = (i & 1u) == 0u;
  let pair = (i >> 1u) % pairs;
  let head = (i >> 1u) / pairs % heads;
  let row = (i >> 1u) / pairs / heads;
  let position = p.position + row;
  var scales = vec2<f32>(0.0);
  for (var block = 0u; block < 2u; block++) {
    let first = pair * 16u + block * 8u;
    if (first >= depth) { break; }
    var x: array<vec4<f32>, 8>;
    // By its bits, of which those of NaN are larger than any number's.
    var largest = vec4<u32>(0u);
    for (var j = 0u; j < 8u; j++) {
      for (var c = 0u; c < 4u; c++) {
        let d = (first + j) * 4u + c;
        if (is_key) { x[j][c] = key_of(row, head, d); } else { x[j][c] = value_of(row, head, d); }
      }
      largest = max(largest, bitcast<vec4<u32>>(x[j]) & vec4<u32>(0x7fffffffu));
    }
    let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
    var inverse = 0.0;
    if (scale != 0.0) { inverse = 1.0 / scale; }
    scales[block] = scale;
    for (var j = 0u; j < 8u; j++) {
      let scaled = x[j] * inverse;
      // Halves away from zero.
      let word = pack4xI8(vec4<i32>(sign(scaled) * floor(abs(scaled) + 0.5)));
      if (is_key) { keys[(head * depth + first + j) * p.capacity + position] = word; }
      else { values[(head * p.capacity + position) * depth + first + j] = word; }
    }
  }
  let words = heads * depth * p.capacity;
  if (is_key) { keys[words + (head * pairs + pair) * p.capacity + position] = pack2x16float(scales); }
  else { values[words + (head * p.capacity + position) * pairs + pair] = pack2x16float(scales); }
}
`,
};

/** How many threads have something to store. */
export function storeKvThreads(dtype: KvCacheDType, tokens: number, heads: number, headSize: number): number {
  return tokens * heads * (dtype === 'F32' ? headSize : 2 * Math.ceil(headSize / 64));
}

/** Threads below `stored` store, as `storeKvThreads` says; where there is rope, those above rotate a value of a query each. */
export const storeKv = ({ dtype, rope }: StoreKvOptions): Kernel =>
  kernel(`storeKv ${dtype}${rope ? ` + rope ${rope}` : ''}`, () => ({
    parameters: {
      stored: 'u32',
      tokens: 'u32',
      position: 'u32',
      kv_width: 'u32',
      head_size: 'u32',
      capacity: 'u32',
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
fn key_of(row: u32, head: u32, d: u32) -> f32 {
  let at = p.k_start + row * p.kv_width + head * p.head_size;
  return ${rope ? 'rotated_key(at, row, d, p.dimensions)' : 'k[at + d]'};
}
fn value_of(row: u32, head: u32, d: u32) -> f32 { return v[p.v_start + row * p.kv_width + head * p.head_size + d]; }
${code[dtype]}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < p.stored${rope ? ' + p.tokens * p.q_width' : ''}; i += groups.x * ${THREADS}u) {
    ${
      rope
        ? /* wgsl */ `if (i >= p.stored) {
      let j = i - p.stored;
      let d = j % p.head_size;
      rotated_q[p.rotated_start + j] = rotated_query(p.q_start + j - d, j / p.q_width, d, p.dimensions);
      continue;
    }`
        : ''
    }
    store_one(i);
  }
}
`,
  }));
