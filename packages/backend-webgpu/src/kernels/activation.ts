// WGSL of activation functions, of gates, and of tanh.
import type { Activation, GatedForm } from '@rondo/tensor';

/** x / (1 + e^`exponent`). Infinite intermediate values are undefined in WGSL, so the exponent is at most 88: below 1e-36 x. */
const shareOfOne = (numerator: string, exponent: string) =>
  `return ${numerator} / (1.0 + exp(min(${exponent}, 88.0)));`;

/** The body of `activate(x)`. For small e, softplus uses the series of ln(1 + e), since the sum 1 + e loses the digits of e. */
const bodies: Readonly<Record<Activation, string>> = {
  identity: 'return x;',
  // A NaN stays a NaN, unlike in `max`.
  relu2: 'let positive = select(x, 0.0, x < 0.0); return positive * positive;',
  silu: shareOfOne('x', '-x'),
  gelu: shareOfOne('x', '-1.5957691216057308 * x * (1.0 + 0.044715 * x * x)'),
  sigmoid: shareOfOne('1.0', '-x'),
  softplus: /* wgsl */ `let e = exp(-abs(x));
  let near = e * fma(e, fma(e, 1.0 / 3.0, -0.5), 1.0);
  return max(x, 0.0) + select(log(1.0 + e), near, e < 0.01);`,
};

/**
 * `activate(x)`. `identity`: x. `relu2`: So et al. 2021. `silu`: Elfwing et al. 2017. `gelu`: its tanh form, Hendrycks & Gimpel
 * 2016, as x / (1 + e^-2y), where y is the argument of tanh. `sigmoid`. `softplus`: Dugas et al. 2000.
 */
export function activationCode(activation: Activation): string {
  return /* wgsl */ `
fn activate(x: f32) -> f32 { ${bodies[activation]} }
`;
}

/** WGSL code of the function `gated(gate, up)`. Source of the form `swigluOai`: OpenAI 2025, arXiv:2508.10925. */
export function gatedCode(form: GatedForm): string {
  if (form !== 'swigluOai')
    return /* wgsl */ `${activationCode(form)}
fn gated(gate: f32, up: f32) -> f32 { return activate(gate) * up; }
`;
  return /* wgsl */ `
fn share(x: f32) -> f32 { ${shareOfOne('x', '-1.702 * x')} }
fn gated(gate: f32, up: f32) -> f32 { return share(min(gate, 7.0)) * (clamp(up, -7.0, 7.0) + 1.0); }
`;
}

/**
 * `bend(x)`: tanh x, since the built-in `tanh` may overflow. Near 0, where the quotient loses digits, the series of tanh up to
 * x⁵ is used. From 20 on, tanh is 1 in float32. For a NaN the comparison is false and the series is used: the result is a NaN.
 */
export const tanhCode = /* wgsl */ `
fn bend(x: f32) -> f32 {
  let square = x * x;
  let near = x * fma(square, fma(square, 2.0 / 15.0, -1.0 / 3.0), 1.0);
  let e = exp(-2.0 * min(abs(x), 20.0));
  return select(near, sign(x) * (1.0 - e) / (1.0 + e), abs(x) >= 0.1);
}
`;
