// WGSL of activation functions, and of tanh.
import type { Activation } from '@rondo/tensor';

/** `activate(x)`: `silu`, Elfwing et al. 2017, or `gelu` in its tanh form, Hendrycks & Gimpel 2016: x / (1 + e^-2y). */
export function activationCode(activation: Activation): string {
  const exponent = activation === 'silu' ? '-x' : '-1.5957691216057308 * x * (1.0 + 0.044715 * x * x)';
  // An infinity in between may become anything in WGSL; at 88 the result is below 1e-36 of x.
  return /* wgsl */ `
fn activate(x: f32) -> f32 { return x / (1.0 + exp(min(${exponent}, 88.0))); }
`;
}

/**
 * `bend(x)`: tanh x, whose built-in form may overflow. Near 0, where the quotient loses digits, its series up to x⁵. From 20 on
 * tanh is 1 in float32. A NaN is not past the series, so that it stays a NaN.
 */
export const tanhCode = /* wgsl */ `
fn bend(x: f32) -> f32 {
  let square = x * x;
  let near = x * fma(square, fma(square, 2.0 / 15.0, -1.0 / 3.0), 1.0);
  let e = exp(-2.0 * min(abs(x), 20.0));
  return select(near, sign(x) * (1.0 - e) / (1.0 + e), abs(x) >= 0.1);
}
`;
