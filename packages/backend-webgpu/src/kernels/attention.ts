// Causal attention with an online softmax (Milakov & Gimelshein 2018, arXiv:1805.02867) over tiles of positions, as in
// FlashAttention (Dao et al. 2022, arXiv:2205.14135). Tiles lie at fixed positions and are merged in their order. Either one
// workgroup computes all tiles, or each tile has a workgroup and `attentionMerge` merges the tiles. Both give the same bits,
// independent of the rest of the batch.
import type { KvCacheDType } from '@rondo/tensor';
import { tanhCode } from './activation.ts';
import { kernel, reads, THREADS, writes, type Binding, type Kernel, type ParameterType } from './kernel.ts';
import { headScales, headWords, placesCode } from './kv-places.ts';
import { reduction } from './reduce.ts';

/** Positions of a tile: one for each thread. */
export const TILE = THREADS;

/** The most numbers in a head's value: each thread holds four numbers. */
export const MAX_VALUE_SIZE = 4 * THREADS;

/** How the kernel is specialised. */
export interface AttentionKernelOptions {
  /** Numbers of a head's key. */
  readonly keySize: number;
  /** Numbers of a head's value. */
  readonly valueSize: number;
  /** Data type of the cache. */
  readonly dtype: KvCacheDType;
  /** Number of queries of a workgroup. The workgroup reads keys and values once for all its queries. */
  readonly queries: 1 | 4;
  /** Whether each tile has a workgroup, which writes a partial result for `attentionMerge`. */
  readonly split: boolean;
  readonly softcap: boolean;
  /** Whether each head has a sink: a score without a position. False if `split`, since `attentionMerge` adds the sinks. */
  readonly sinks: boolean;
  readonly subgroups: boolean;
}

const parameters = {
  tokens: 'u32',
  blocks: 'u32',
  heads: 'u32',
  group: 'u32',
  position: 'u32',
  /** Positions that the layer keeps. */
  kept: 'u32',
  /** First word of the scales of keys, and of values, in a Q8_0 cache. */
  key_scales: 'u32',
  value_scales: 'u32',
  window: 'u32',
  first_tile: 'u32',
  tiles: 'u32',
  q_start: 'u32',
  out_start: 'u32',
  sinks_start: 'u32',
  scale: 'f32',
  softcap: 'f32',
} as const satisfies Record<string, ParameterType>;

/**
 * WGSL of the running state of one query (maximum, sum and weighted values), of its initial value for a head, and of the
 * function that merges a tile into the state. A sink is a score before the first tile, without values.
 */
const merging = (sinks: boolean) => /* wgsl */ `
const LOWEST = -3.0e38;
struct Running { largest: f32, sum: f32, values: vec4<f32> }
fn start(head: u32) -> Running {
  return Running(${sinks ? 'sinks[p.sinks_start + head], 1.0' : 'LOWEST, 0.0'}, vec4<f32>(0.0));
}
fn merge(r: Running, largest: f32, sum: f32, values: vec4<f32>) -> Running {
  let both = max(r.largest, largest);
  let old = exp(r.largest - both);
  let new_ = exp(largest - both);
  return Running(both, fma(r.sum, old, sum * new_), fma(r.values, vec4<f32>(old), values * new_));
}
fn first_visible(position: u32) -> u32 { return select(0u, position + 1u - p.window, position + 1u > p.window); }
`;

const storing = (valueSize: number) => /* wgsl */ `
fn store(token: u32, head: u32, d: u32, r: Running) {
  let value = r.values / r.sum;
  let at = p.out_start + (token * p.heads + head) * ${valueSize}u + 4u * d;
  ${Array.from({ length: 4 }, (_, c) => `if (4u * d + ${c}u < ${valueSize}u) { out[at + ${c}u] = value[${c}]; }`).join('\n  ')}
}
`;

/** `key_at` or `value_at`: numbers 4i to 4i + 3 of a head in a row, in the layout of `kv-places.ts`. */
const loading: Readonly<Record<KvCacheDType, (what: 'key' | 'value', size: number) => string>> = {
  F32: (what, size) => /* wgsl */ `
fn ${what}_at(head: u32, row: u32, i: u32) -> vec4<f32> { return ${what}s[${what}_place(head, row, i, ${headWords(size)}u)]; }
`,
  Q8_0: (what, size) => /* wgsl */ `
fn ${what}_at(head: u32, row: u32, i: u32) -> vec4<f32> {
  let both = unpack2x16float(${what}s[p.${what}_scales + ${what}_place(head, row, i / 16u, ${headScales(size)}u)]);
  let word = ${what}s[${what}_place(head, row, i, ${headWords(size)}u)];
  return vec4<f32>(unpack4xI8(word)) * select(both.x, both.y, (i & 8u) != 0u);
}
`,
};

/** Bytes of workgroup memory that the kernel uses. */
export const attentionWorkgroupBytes = (keySize: number, queries: number): number =>
  16 * (queries * headWords(keySize) + THREADS) + 4 * queries * (TILE + THREADS);

/** Workgroups: x over blocks of queries of a key-value head, y over key-value heads, z over tiles if `split`. */
export function attention(options: AttentionKernelOptions): Kernel {
  const { keySize, valueSize, dtype, queries, split, softcap, sinks, subgroups } = options;
  const variants = [
    `${dtype} head ${keySize === valueSize ? keySize : `${keySize} ${valueSize}`}`,
    `queries ${queries}`,
    split && 'split',
    softcap && 'softcap',
    sinks && 'sinks',
    subgroups && '(subgroups)',
  ];
  return kernel(`attention ${variants.filter(Boolean).join(' ')}`, () => {
    const keyDepth = headWords(keySize);
    const depth = headWords(valueSize);
    const streams = Math.floor(THREADS / depth);
    const type = queries === 1 ? 'f32' : 'vec4<f32>';
    const each = (text: (j: number, of: (name: string) => string) => string) =>
      Array.from({ length: queries }, (_, j) =>
        text(j, (name) => (queries === 1 ? name : `${name}[${j}]`)),
      ).join('\n    ');
    const reduce = reduction(type, subgroups);
    const bindings: Record<string, Binding> = {
      q: reads(),
      keys: reads(dtype === 'F32' ? 'array<vec4<f32>>' : 'array<u32>'),
      values: reads(dtype === 'F32' ? 'array<vec4<f32>>' : 'array<u32>'),
      ...(sinks && { sinks: reads() }),
      out: split ? writes('array<vec4<f32>>') : writes(),
    };
    return {
      directives: reduce.directives,
      parameters,
      bindings,
      code: /* wgsl */ `${reduce.code}${merging(sinks)}${softcap ? tanhCode : ''}${placesCode}${loading[dtype]('key', keySize)}${loading[dtype]('value', valueSize)}${split ? '' : storing(valueSize)}
var<workgroup> qs: array<vec4<f32>, ${queries * keyDepth}>;
var<workgroup> weights: array<${type}, ${TILE}>;
var<workgroup> sums: array<vec4<f32>, ${THREADS}>;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>${reduce.builtins}
) {
  ${reduce.prologue}
  for (var block = workgroup.x; block < p.blocks; block += workgroups.x) {
    attend(thread, block, workgroup.y, workgroup.z);
  }
}

fn attend(thread: u32, block: u32, kv_head: u32, part: u32) {
  let count = p.tokens * p.group;
  // Query j is token query / group, head kv_head * group + query % group; past the last they repeat it.
  ${each((j) => `let query${j} = min(block * ${queries}u + ${j}u, count - 1u); let position${j} = p.position + query${j} / p.group;`)}
  for (var i = thread; i < ${queries * keyDepth}u; i += ${THREADS}u) {
    let query = min(block * ${queries}u + i / ${keyDepth}u, count - 1u);
    let at = p.q_start + ((query / p.group) * p.heads + kv_head * p.group + query % p.group) * ${keySize}u;
    let d = (i % ${keyDepth}u) * 4u;
    var value = vec4<f32>(0.0);
    for (var c = 0u; c < 4u; c++) { if (d + c < ${keySize}u) { value[c] = q[at + d + c]; } }
    qs[i] = value;
  }
  workgroupBarrier();
  let last = position${queries - 1};
  let first = first_visible(position0);
  ${
    split
      ? 'let tile = p.first_tile + part; let past = select(tile, tile + 1u, tile >= first / TILE_SIZE && tile <= last / TILE_SIZE);'
      : 'let tile = first / TILE_SIZE; let past = last / TILE_SIZE + 1u;'
  }
  ${split ? '' : each((j) => `var running${j} = start(kv_head * p.group + query${j} % p.group);`)}
  let d = thread % ${depth}u;
  let stream = thread / ${depth}u;
  for (var t = tile; t < past; t++) {
    // What is seen of the tile: its positions from begin to end, in rows from first_row on.
    let tile_start = t * TILE_SIZE;
    let begin = max(first, tile_start) - tile_start;
    let end = min(TILE_SIZE, last + 1u - tile_start);
    let first_row = (tile_start + begin) % p.kept;
    let position = tile_start + thread;
    ${each((j) => `var dot${j} = vec4<f32>(0.0);`)}
    if (thread >= begin && thread < end) {
      let row = row_after(first_row, thread - begin);
      for (var i = 0u; i < ${keyDepth}u; i++) {
        let key = key_at(kv_head, row, i);
        ${each((j) => `dot${j} = fma(qs[${j * keyDepth}u + i], key, dot${j});`)}
      }
    }
    var score: ${type};
    ${each((j, of) => {
      const scaled = `((dot${j}.x + dot${j}.y) + (dot${j}.z + dot${j}.w)) * p.scale`;
      const bent = softcap ? `p.softcap * bend(${scaled} / p.softcap)` : scaled;
      return `let seen${j} = position <= position${j} && position >= first_visible(position${j});
    ${of('score')} = select(LOWEST, ${bent}, seen${j});`;
    })}
    let largest = workgroup_max(score, thread);
    var weight: ${type};
    ${each((j, of) => `${of('weight')} = select(0.0, exp(${of('score')} - ${of('largest')}), seen${j});`)}
    weights[thread] = weight;
    let sum = workgroup_sum(weight, thread);
    ${each((j) => `var mixed${j} = vec4<f32>(0.0);`)}
    if (stream < ${streams}u) {
      // A position has the same stream wherever the window begins, so sums have the same order.
      let skipped = (max(begin, stream) - stream + ${streams - 1}u) / ${streams}u;
      for (var i = stream + skipped * ${streams}u; i < end; i += ${streams}u) {
        let value = value_at(kv_head, row_after(first_row, i - begin), d);
        let w = weights[i];
        ${each((j, of) => `mixed${j} = fma(vec4<f32>(${of('w')}), value, mixed${j});`)}
      }
    }
    ${each(
      (j, of) => `
    sums[thread] = mixed${j};
    workgroupBarrier();
    if (thread < ${depth}u) {
      var total = sums[thread];
      for (var s = 1u; s < ${streams}u; s++) { total += sums[s * ${depth}u + thread]; }
      ${
        split
          ? `let at = ((query${j} / p.group * p.heads + kv_head * p.group + query${j} % p.group) * p.tiles + part) * ${depth + 1}u;
      out[at + 1u + thread] = total;
      if (thread == 0u) { out[at] = vec4<f32>(${of('largest')}, ${of('sum')}, 0.0, 0.0); }`
          : `running${j} = merge(running${j}, ${of('largest')}, ${of('sum')}, total);`
      }
    }
    workgroupBarrier();`,
    )}
  }
  ${
    split
      ? ''
      : `if (thread >= ${depth}u) { return; }
  ${each((j) => `if (block * ${queries}u + ${j}u < count) { store(query${j} / p.group, kv_head * p.group + query${j} % p.group, thread, running${j}); }`)}`
  }
}
const TILE_SIZE = ${TILE}u;
// No more positions are seen at once than the layer keeps, so rows begin anew once at most.
fn row_after(row: u32, positions: u32) -> u32 {
  let after = row + positions;
  return select(after, after - p.kept, after >= p.kept);
}
`,
    };
  });
}

/** Merges the tiles of each token and head. Workgroups: x over tokens, y over heads. */
export const attentionMerge = (valueSize: number, sinks: boolean): Kernel =>
  kernel(`attentionMerge head ${valueSize}${sinks ? ' sinks' : ''}`, () => {
    const depth = headWords(valueSize);
    return {
      parameters,
      bindings: { parts: reads('array<vec4<f32>>'), ...(sinks && { sinks: reads() }), out: writes() },
      code: /* wgsl */ `${merging(sinks)}${storing(valueSize)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
  if (thread >= ${depth}u) { return; }
  let position = p.position + workgroup.x;
  var running = start(workgroup.y);
  for (var t = first_visible(position) / ${TILE}u; t <= position / ${TILE}u; t++) {
    let at = ((workgroup.x * p.heads + workgroup.y) * p.tiles + t - p.first_tile) * ${depth + 1}u;
    running = merge(running, parts[at].x, parts[at].y, parts[at + 1u + thread]);
  }
  store(workgroup.x, workgroup.y, thread, running);
}
`,
    };
  });
