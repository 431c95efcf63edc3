// The bounds that define parity.

/** Relative error of an operation in float32, against the reference. */
export const errorBound = 1e-4;
/** The same for products whose operands are rounded to float16. */
export const float16ErrorBound = 1e-2;
/** Relative difference of perplexities. */
export const perplexityBound = 0.005;
/** Greedy tokens that must be the same. */
export const greedySteps = 64;

/** Two windows of 256 tokens: a software adapter takes many seconds for each. */
export function perplexityText(text: string): string {
  return text.slice(0, 2200);
}
