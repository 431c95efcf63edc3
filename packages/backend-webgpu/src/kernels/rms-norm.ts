// rmsNorm: one workgroup per group of values, such as a row or a head of a row. Optionally adds another tensor to the result.
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';
import { reduction } from './reduce.ts';

/** x / sqrt(mean(x²) + epsilon), for each group of `size` values; times `weight` and plus `residual`, if present. */
export const rmsNorm = (options: {
  readonly weight: boolean;
  readonly residual: boolean;
  readonly subgroups: boolean;
}): Kernel => {
  const { weight, residual, subgroups } = options;
  return kernel(
    `rmsNorm${weight ? '' : ' without weight'}${residual ? ' + residual' : ''}${subgroups ? ' (subgroups)' : ''}`,
    () => {
      const { directives, builtins, prologue, code } = reduction('f32', subgroups);
      return {
        directives,
        parameters: {
          groups: 'u32',
          size: 'u32',
          x_start: 'u32',
          weight_start: 'u32',
          out_start: 'u32',
          residual_start: 'u32',
          epsilon: 'f32',
        },
        bindings: {
          x: reads(),
          ...(weight && { weight: reads() }),
          ...(residual && { residual: reads() }),
          out: writes(),
        },
        code: /* wgsl */ `${code}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>${builtins}
) {
  ${prologue}
  for (var group = workgroup.x; group < p.groups; group += workgroups.x) {
    let start = p.x_start + group * p.size;
    var squares = 0.0;
    for (var i = thread; i < p.size; i += ${THREADS}u) { squares = fma(x[start + i], x[start + i], squares); }
    let scale = 1.0 / sqrt(workgroup_sum(squares, thread) / f32(p.size) + p.epsilon);
    for (var i = thread; i < p.size; i += ${THREADS}u) {
      let value = x[start + i] * scale${weight ? ' * weight[p.weight_start + i]' : ''};
      out[p.out_start + group * p.size + i] = value${residual ? ' + residual[p.residual_start + group * p.size + i]' : ''};
    }
  }
}
`,
      };
    },
  );
};
