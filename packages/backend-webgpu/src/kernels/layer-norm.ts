// layerNorm: one workgroup per row.
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { reduction } from './reduce.ts';

/** (x - mean) / sqrt(variance + epsilon) * weight. Ba et al. 2016, arXiv:1607.06450. */
export const layerNorm = (subgroups: boolean): Kernel =>
  kernel(`layerNorm${subgroups ? ' (subgroups)' : ''}`, () => {
    const { directives, builtins, prologue, code } = reduction('f32', subgroups);
    return {
      directives,
      parameters: {
        rows: 'u32',
        width: 'u32',
        x_start: 'u32',
        weight_start: 'u32',
        out_start: 'u32',
        epsilon: 'f32',
      },
      bindings: { x: reads(), weight: reads(), out: writes() },
      code: /* wgsl */ `${code}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>${builtins}
) {
  ${prologue}
  for (var row = workgroup.x; row < p.rows; row += workgroups.x) {
    let start = p.x_start + row * p.width;
    var sum = 0.0;
    for (var i = thread; i < p.width; i += ${THREADS}u) { sum += x[start + i]; }
    let mean = workgroup_sum(sum, thread) / f32(p.width);
    var squares = 0.0;
    for (var i = thread; i < p.width; i += ${THREADS}u) {
      let centred = x[start + i] - mean;
      squares = fma(centred, centred, squares);
    }
    let scale = 1.0 / sqrt(workgroup_sum(squares, thread) / f32(p.width) + p.epsilon);
    for (var i = thread; i < p.width; i += ${THREADS}u) {
      out[p.out_start + row * p.width + i] = (x[start + i] - mean) * scale * weight[p.weight_start + i];
    }
  }
}
`,
    };
  });
