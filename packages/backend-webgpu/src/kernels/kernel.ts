// A kernel: WGSL with the names of its parameters and buffers. The declarations of parameters and buffers are generated, so
// that the numbers of bindings are always right. Constants are written into the text of a kernel. A kernel is made once for
// each set of constants.

/** WGSL types of parameters. */
export type ParameterType = 'u32' | 'f32';

/** A buffer that a kernel reads or writes. */
export interface Binding {
  /** WGSL type, such as `array<f32>`. */
  readonly type: string;
  readonly access: 'read' | 'read_write';
}

/** A compute shader with the entry point `main`. */
export interface Kernel {
  /** The operation and the constants. The name identifies the kernel, also in a profile. */
  readonly name: string;
  /** The parameters, in the order of the uniform buffer. */
  readonly parameters: Readonly<Record<string, ParameterType>>;
  /** The buffers, in the order of the bind group, from binding 1 on. */
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly code: string;
}

/** The source of a kernel: `code` without the declarations of parameters and bindings. */
export interface KernelText extends Omit<Kernel, 'name'> {
  /** WGSL directives, which must come first. */
  readonly directives?: string;
}

/** Number of threads of a workgroup, in all kernels. */
export const THREADS = 256;

const kernels = new Map<string, Kernel>();

/** The kernel of this name, made at its first use. The name must include all constants. */
export function kernel(name: string, make: () => KernelText): Kernel {
  const known = kernels.get(name);
  if (known) return known;
  const { directives = '', parameters, bindings, code } = make();
  const fields = Object.entries(parameters).map(([field, type]) => `${field}: ${type}`);
  const buffers = Object.entries(bindings).map(
    ([buffer, { type, access }], index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${access}> ${buffer}: ${type};`,
  );
  const made: Kernel = {
    name,
    parameters,
    bindings,
    code: [
      directives,
      `struct Parameters { ${fields.join(', ')} }`,
      '@group(0) @binding(0) var<uniform> p: Parameters;',
      ...buffers,
      code,
    ].join('\n'),
  };
  kernels.set(name, made);
  return made;
}

/** A buffer that is only read. */
export const reads = (type = 'array<f32>'): Binding => ({ type, access: 'read' });
/** A buffer that is written. */
export const writes = (type = 'array<f32>'): Binding => ({ type, access: 'read_write' });

/** A loop over `p.count` values, for any number of workgroups. */
export const loop = (body: string) => /* wgsl */ `
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < p.count; i += groups.x * ${THREADS}u) { ${body} }
}
`;
