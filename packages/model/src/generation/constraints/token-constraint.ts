// The seam for grammars: a constraint says which tokens may come next. The sampler applies it before all other steps.

/** The tokens that may come next in one text. A constraint begins after the prompt. */
export interface TokenConstraint {
  /**
   * The tokens that may come next, a bit for each id: bit `id % 32` of element `id >> 5` is 1 if the token may come. A token that
   * ends the text is one of them where the text may end. The array is valid until the next call.
   */
  mask(): Uint32Array;
  /** The same as the bit in `mask()`, where it takes less time than the whole mask. */
  allows?(id: number): boolean;
  /** Notes that an allowed token came next. */
  accept(id: number): void;
  /** Takes back the last `tokens` accepted tokens. */
  rollback(tokens: number): void;
  /** Whether the text is complete, and no token may come but one that ends it. The generation then ends without that token. */
  readonly isFinished?: boolean | undefined;
}

/** Whether a token may come next. */
export function isTokenAllowed(constraint: TokenConstraint, id: number): boolean {
  return constraint.allows?.(id) ?? isInMask(constraint.mask(), id);
}

/** Whether the bit of a token is 1. */
function isInMask(mask: Uint32Array, id: number): boolean {
  return (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1) === 1;
}

/** How many of `ids`, counted from the first, may come next one after the other. The constraint is as before afterwards. */
export function allowedTokens(constraint: TokenConstraint, ids: readonly number[]): number {
  let count = 0;
  try {
    for (const id of ids) {
      if (!isTokenAllowed(constraint, id)) break;
      constraint.accept(id);
      count++;
    }
  } finally {
    if (count > 0) constraint.rollback(count);
  }
  return count;
}
