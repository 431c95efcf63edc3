// The kernel of the rotary embedding, and the rotation function that the kernel for storing keys also uses.
import type { Rope } from '@rondo/tensor';
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';

/**
 * Declares `rotated(at, row, d, dimensions)`: value d of the head that begins at `at` in `input`, rotated by the angles of
 * this row. `table` has a cosine and a sine for each row and pair.
 */
export const rotationCode = (kind: Rope['kind'], input: string, name = 'rotated'): string => /* wgsl */ `
fn ${name}(at: u32, row: u32, d: u32, dimensions: u32) -> f32 {
  if (d >= dimensions) { return ${input}[at + d]; }
  ${
    kind === 'interleaved'
      ? 'let pair = d >> 1u; let first = d & ~1u; let second = first + 1u;'
      : 'let pair = d % (dimensions / 2u); let first = pair; let second = pair + dimensions / 2u;'
  }
  let angle = p.table_start + row * dimensions + 2u * pair;
  let cosine = bitcast<f32>(data[angle]);
  let sine = bitcast<f32>(data[angle + 1u]);
  let a = ${input}[at + first];
  let b = ${input}[at + second];
  return select(fma(a, sine, b * cosine), fma(a, cosine, -(b * sine)), d == first);
}
`;

/** Rotates each head of x. */
export const rope = (kind: Rope['kind']): Kernel =>
  kernel(`rope ${kind}`, () => ({
    parameters: {
      count: 'u32',
      width: 'u32',
      head_size: 'u32',
      dimensions: 'u32',
      x_start: 'u32',
      out_start: 'u32',
      table_start: 'u32',
    },
    bindings: { x: reads(), data: reads('array<u32>'), out: writes() },
    code: /* wgsl */ `${rotationCode(kind, 'x')}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < p.count; i += groups.x * ${THREADS}u) {
    let d = i % p.head_size;
    out[p.out_start + i] = rotated(p.x_start + i - d, i / p.width, d, p.dimensions);
  }
}
`,
  }));
