// The operands of products: weights and activations in float32, or rounded to float16. Float16 operands take half the workgroup
// memory and half its traffic. Operands are always multiplied and summed in float32.

/**
 * The number format of operands. `float16` needs `shader-f16`; `packed` gives the same results with built-ins that every
 * device has.
 */
export type Operands = 'float32' | 'float16' | 'packed';

/** A kind of operands as WGSL. */
interface OperandsCode {
  readonly directives: string;
  /** Bytes of four operands. */
  readonly bytes: number;
  /** Declares `Operand`, four values; `operand(v)` makes an `Operand`, and `four(o)` gives its values. */
  readonly code: string;
}

const code = (type: string, pack: string, unpack: string) => /* wgsl */ `
alias Operand = ${type};
fn operand(v: vec4<f32>) -> Operand { return ${pack}; }
fn four(o: Operand) -> vec4<f32> { return ${unpack}; }
`;

/** WGSL of all kinds of operands. */
export const operandsCode: Readonly<Record<Operands, OperandsCode>> = {
  float32: { directives: '', bytes: 16, code: code('vec4<f32>', 'v', 'o') },
  float16: {
    directives: 'enable f16;\n',
    bytes: 8,
    code: code('vec4<f16>', 'vec4<f16>(v)', 'vec4<f32>(o)'),
  },
  packed: {
    directives: '',
    bytes: 8,
    code: code(
      'vec2<u32>',
      'vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw))',
      'vec4<f32>(unpack2x16float(o.x), unpack2x16float(o.y))',
    ),
  },
};
