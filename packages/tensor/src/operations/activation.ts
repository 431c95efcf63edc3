/**
 * Activation functions. `identity`: x, as in the bilinear gate of Shazeer 2020; `relu2`: max(x, 0)², So et al. 2021; `silu`:
 * x·σ(x), Elfwing et al. 2017; `gelu`: its tanh form, Hendrycks & Gimpel 2016; `sigmoid`: σ(x); `softplus`: ln(1 + e^x), Dugas
 * et al. 2000.
 */
export type Activation = 'identity' | 'relu2' | 'silu' | 'gelu' | 'sigmoid' | 'softplus';

/** The functions in double precision. */
export const activations: Readonly<Record<Activation, (x: number) => number>> = {
  identity: (x) => x,
  relu2: (x) => Math.max(x, 0) ** 2,
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + 0.044715 * x * x))),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

/** Values at which an exponential overflows, or a function is nearly linear. */
export const extremeValues = [-1000, -100, -30, 0, 30, 100, 1000, 1e-4, -1e-4] as const;

/** The names of the functions. */
export const activationNames = Object.keys(activations) as readonly Activation[];
