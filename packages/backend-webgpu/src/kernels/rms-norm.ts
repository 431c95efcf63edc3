// rmsNorm: a workgroup a row, optionally adding another tensor to the result.
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { reduction } from './reduce.ts';

/** x / sqrt(mean(x²) + epsilon) * weight, plus `residual` where there is one. */
export const rmsNorm = (options: { readonly residual: boolean; readonly subgroups: boolean }): Kernel => {
  const { residual, subgroups } = options;
  return kernel(`rmsNorm${residual ? ' + residual' : ''}${subgroups ? ' (subgroups)' : ''}`, () => {
    const { directives, builtins, prologue, code } = reduction('f32', subgroups);
    return {
      directives,
      parameters: {
        rows: 'u32',
        width: 'u32',
        x_start: 'u32',
        weight_start: 'u32',
        out_start: 'u32',
        residual_start: 'u32',
        epsilon: 'f32',
      },
      bindings: { x: reads(), weight: reads(), ...(residual && { residual: reads() }), out: writes() },
      code: /* wgsl */ `${code}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>${builtins}
) {
  ${prologue}
  for (var row = workgroup.x; row < p.rows; row += workgroups.x) {
    let start = p.x_start + row * p.width;
    var squares = 0.0;
    for (var i = thread; i < p.width; i += ${THREADS}u) { squares = fma(x[start + i], x[start + i], squares); }
    let scale = 1.0 / sqrt(workgroup_sum(squares, thread) / f32(p.width) + p.epsilon);
    for (var i = thread; i < p.width; i += ${THREADS}u) {
      let value = x[start + i] * scale * weight[p.weight_start + i];
      out[p.out_start + row * p.width + i] = value${residual ? ' + residual[p.residual_start + row * p.width + i]' : ''};
    }
  }
}
`,
    };
  });
};
