// Sums and maxima over a workgroup: with subgroups if the device has subgroups, else as a tree in workgroup memory. Every
// thread gets the result. A device always sums in the same order.
import { THREADS } from './kernel.ts';

/** WGSL of reductions for one type. */
export interface Reduction {
  readonly directives: string;
  /** More parameters of the entry point. */
  readonly builtins: string;
  /** First statements of the entry point. */
  readonly prologue: string;
  /** Declares `workgroup_sum(value, thread)` and `workgroup_max(value, thread)`; all threads must call them together. */
  readonly code: string;
}

/** Reductions of values of a WGSL type, f32 or a vector of it. */
export function reduction(type: string, subgroups: boolean): Reduction {
  const declaration = `var<workgroup> reduced: array<${type}, ${THREADS}>;`;
  if (!subgroups) {
    const tree = (name: string, combine: (a: string, b: string) => string) => /* wgsl */ `
fn workgroup_${name}(value: ${type}, thread: u32) -> ${type} {
  reduced[thread] = value;
  for (var half = ${THREADS / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (thread < half) { reduced[thread] = ${combine('reduced[thread]', 'reduced[thread + half]')}; }
  }
  workgroupBarrier();
  let result = reduced[0];
  workgroupBarrier();
  return result;
}
`;
    return {
      directives: '',
      builtins: '',
      prologue: '',
      code: declaration + tree('sum', (a, b) => `${a} + ${b}`) + tree('max', (a, b) => `max(${a}, ${b})`),
    };
  }
  const bySubgroups = (name: string, first: string, combine: (a: string, b: string) => string) => /* wgsl */ `
fn workgroup_${name}(value: ${type}, thread: u32) -> ${type} {
  let part = ${first}(value);
  if (subgroupElect()) { reduced[subgroup] = part; }
  workgroupBarrier();
  var result = reduced[0];
  for (var i = 1u; i < subgroup_count; i++) { result = ${combine('result', 'reduced[i]')}; }
  workgroupBarrier();
  return result;
}
`;
  return {
    directives: 'enable subgroups;\nrequires subgroup_id;\n',
    builtins: ', @builtin(subgroup_id) subgroup_id: u32, @builtin(num_subgroups) num_subgroups: u32',
    prologue: 'subgroup = subgroup_id; subgroup_count = num_subgroups;',
    code:
      `${declaration}\nvar<private> subgroup: u32;\nvar<private> subgroup_count: u32;\n` +
      bySubgroups('sum', 'subgroupAdd', (a, b) => `${a} + ${b}`) +
      bySubgroups('max', 'subgroupMax', (a, b) => `max(${a}, ${b})`),
  };
}
