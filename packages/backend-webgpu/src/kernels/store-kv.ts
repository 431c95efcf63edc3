// Puts keys and values of a span into its cache. Keys, and the queries beside them, are rotated on the way where rope comes
// right before: one dispatch instead of three.
import type { Rope } from '@rondo/tensor';
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { rotationCode } from './rope.ts';

/**
 * Layouts of the cache, heads padded to a multiple of four values that stay 0: keys `[head][d / 4][position][4]`, so that
 * threads of neighbouring positions read neighbours; values `[head][position][d]`.
 */
export const storeKv = (kind: Rope['kind'] | undefined): Kernel =>
  kernel(`storeKv${kind ? ` + rope ${kind}` : ''}`, () => ({
    parameters: {
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
      keys: writes(),
      values: writes(),
      ...(kind && { q: reads(), data: reads('array<u32>'), rotated_q: writes() }),
    },
    code: /* wgsl */ `
${kind ? rotationCode(kind, 'k', 'rotated_key') + rotationCode(kind, 'q', 'rotated_query') : ''}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let depth = (p.head_size + 3u) / 4u;
  let stored = p.tokens * p.kv_width;
  for (var i = id.x; i < stored${kind ? ' + p.tokens * p.q_width' : ''}; i += groups.x * ${THREADS}u) {
    ${
      kind
        ? /* wgsl */ `if (i >= stored) {
      let j = i - stored;
      let d = j % p.head_size;
      rotated_q[p.rotated_start + j] = rotated_query(p.q_start + j - d, j / p.q_width, d, p.dimensions);
      continue;
    }`
        : ''
    }
    let row = i / p.kv_width;
    let head = (i % p.kv_width) / p.head_size;
    let d = i % p.head_size;
    let position = p.position + row;
    let key = ${kind ? 'rotated_key(p.k_start + i - d, row, d, p.dimensions)' : 'k[p.k_start + i]'};
    keys[((head * depth + d / 4u) * p.capacity + position) * 4u + d % 4u] = key;
    values[(head * p.capacity + position) * depth * 4u + d] = v[p.v_start + i];
  }
}
`,
  }));
