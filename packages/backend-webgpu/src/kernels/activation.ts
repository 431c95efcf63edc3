// WGSL of activation functions.

/** What `gated` can apply to the gate. */
export type Activation = 'silu' | 'gelu';

/** `activate(x)`: `silu`, Elfwing et al. 2017, or `gelu` in its tanh form, Hendrycks & Gimpel 2016: x / (1 + e^-2y). */
export function activationCode(activation: Activation): string {
  const exponent = activation === 'silu' ? '-x' : '-1.5957691216057308 * x * (1.0 + 0.044715 * x * x)';
  // An infinity in between may become anything in WGSL; at 88 the result is below 1e-36 of x.
  return /* wgsl */ `
fn activate(x: f32) -> f32 { return x / (1.0 + exp(min(${exponent}, 88.0))); }
`;
}
