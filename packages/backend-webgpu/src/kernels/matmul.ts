// The common part of both kernels for products: the order of a sum, parts, and the last steps before a result is stored.
//
// A row is divided into groups of 32 values. Lane l of 32 lanes sums groups l, l + 32, ... one after the other, in four sums:
// one sum for each component of a vec4. Then each lane adds its four sums. Then the lanes are added in their order. In the
// kernel for few tokens, lanes are threads; the kernel for many tokens computes the lanes one after the other. Both kernels do
// the same operations on the same values, so a token's result has the same bits in both kernels (decision 6).
import type { GatedForm } from '@rondo/tensor';
import type { WgslFormat } from '../formats/index.ts';
import { gatedCode } from './activation.ts';
import { reads, THREADS, writes, type Binding, type KernelText, type ParameterType } from './kernel.ts';
import { operandsCode, type Operands } from './operands.ts';

/** Number of lanes of a sum. */
export const LANES = 32;
/** The most products of one input in a dispatch. */
export const MAX_PARTS = 3;

/** How a product is specialised. */
export interface MatmulOptions {
  readonly format: WgslFormat;
  readonly operands: Operands;
  /** Number of products with the same input; their weights lie in one buffer. */
  readonly parts: number;
  /** Two parts, gate and up, become one result of this form. */
  readonly form: GatedForm | undefined;
  /** Each part has a row, in the buffer of the weights, that is added to its result. */
  readonly bias: boolean;
  /** Whether another tensor is added to the result. */
  readonly residual: boolean;
  /** Whether rows of x begin at multiples of four values. */
  readonly aligned: boolean;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The name of a specialised kernel, with all options that distinguish specialisations. */
export function matmulName({
  format,
  operands,
  parts,
  form,
  bias,
  residual,
  aligned,
}: MatmulOptions): string {
  const names = [
    format.dtype,
    parts > 1 && !form && `x ${parts}`,
    form,
    bias && '+ bias',
    residual && '+ residual',
    !aligned && '(unaligned)',
    operands !== 'float32' && `(${operands})`,
  ];
  return names.filter(Boolean).join(' ');
}

/** Number of weights that a workgroup reads together: gate and up. Different workgroups read other parts. */
export const streamsOf = ({ form }: MatmulOptions): number => (form ? 2 : 1);
const outputsOf = ({ parts, form }: MatmulOptions): number => (form ? 1 : parts);

/** Declarations of both kernels. */
export function matmulInterface(options: MatmulOptions): Omit<KernelText, 'code'> {
  const parts = numbers(options.parts);
  const outputs = numbers(outputsOf(options));
  const parameters: Record<string, ParameterType> = {
    /** Numbers: multiplied values of a row of x; groups of a row; bytes of a row of the weight; blocks of rows in all parts. */
    inner: 'u32',
    groups: 'u32',
    row_bytes: 'u32',
    tokens: 'u32',
    x_start: 'u32',
    x_stride: 'u32',
    residual_start: 'u32',
    blocks: 'u32',
  };
  for (const i of parts) Object.assign(parameters, { [`base${i}`]: 'u32', [`rows${i}`]: 'u32' });
  for (const i of outputs)
    Object.assign(parameters, {
      [`first_block${i}`]: 'u32',
      [`out_start${i}`]: 'u32',
      [`stride${i}`]: 'u32',
      ...(options.bias && { [`bias_start${i}`]: 'u32' }),
    });
  const bindings: Record<string, Binding> = {
    weights: reads('array<u32>'),
    ...(options.format.table && { table: reads('array<u32>') }),
    x: reads(options.aligned ? 'array<vec4<f32>>' : 'array<f32>'),
    ...(options.residual && { residual: reads() }),
  };
  for (const i of outputs) bindings[`out${i}`] = writes();
  return { directives: operandsCode[options.operands].directives, parameters, bindings };
}

/**
 * Decoding, loading of x, storing, and the entry point, for both kernels. Each kernel declares
 * `multiply(thread, block, first_token)`, which computes a block of rows for `tokensAtOnce` tokens.
 */
export function matmulCode(options: MatmulOptions, tokensAtOnce: number): string {
  const { format, operands, aligned, form, bias, residual } = options;
  const outputs = numbers(outputsOf(options));
  const load = aligned
    ? 'if (token < p.tokens && first < p.inner) { return x[(p.x_start + token * p.x_stride + first) / 4u]; }'
    : numbers(4)
        .map(
          (i) =>
            `if (token < p.tokens && first + ${i}u < p.inner) { v[${i}] = x[p.x_start + token * p.x_stride + first + ${i}u]; }`,
        )
        .join('\n  ');
  const store = (i: number) =>
    [
      `out${i}[p.out_start${i} + token * p.stride${i} + row] = value`,
      bias && `bitcast<f32>(weights[p.bias_start${i} + row])`,
      residual && `residual[p.residual_start + token * p.stride${i} + row]`,
    ]
      .filter(Boolean)
      .join(' + ') + ';';
  /** The value of a parameter for the current part. */
  const ofPart = (parameter: string) =>
    outputs
      .slice(1)
      .reduce((value, i) => `select(${value}, p.${parameter}${i}, part == ${i}u)`, `p.${parameter}0`);
  return /* wgsl */ `${format.code}${operandsCode[operands].code}${form ? gatedCode(form) : ''}
// Values first to first + 3 of a row of x, 0 where there are none.
fn x4(token: u32, first: u32) -> vec4<f32> {
  ${aligned ? '' : 'var v = vec4<f32>(0.0);'}
  ${load}
  return ${aligned ? 'vec4<f32>(0.0)' : 'v'};
}
fn part_of(block: u32) -> u32 {
  ${outputs
    .slice(1)
    .toReversed()
    .map((i) => `if (block >= p.first_block${i}) { return ${i}u; }`)
    .join(' ')}
  return 0u;
}
fn first_block(part: u32) -> u32 { return ${ofPart('first_block')}; }
fn base_of(part: u32) -> u32 { return ${ofPart('base')}; }
fn rows_of(part: u32) -> u32 { return ${ofPart('rows')}; }
fn store(part: u32, token: u32, row: u32, value: f32) {
  ${outputs.length === 1 ? store(0) : outputs.map((i) => `if (part == ${i}u) { ${store(i)} }`).join('\n  ')}
}

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>
) {
  for (var block = workgroup.x; block < p.blocks; block += workgroups.x) {
    multiply(thread, block, workgroup.y * ${tokensAtOnce}u);
  }
}
`;
}
