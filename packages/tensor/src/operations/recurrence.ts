// The meaning of an operation that changes a recurrent state token by token.
import { spansWithRows, type AttentionSpan, type StateIndex } from '../kv-cache.ts';
import type { GivenValues } from './operation.ts';

/**
 * Updates a state of `values` values token by token. `next` computes the result of the token in a row, and changes `state` to
 * the state after the token.
 */
export function carryTokenByToken(
  given: GivenValues,
  spans: readonly AttentionSpan[],
  index: StateIndex,
  values: number,
  next: (row: number, state: Float64Array) => void,
): void {
  for (const { span, row: first } of spansWithRows(spans)) {
    given.carry(span, index, values, (before) => {
      const after = [before.slice()];
      for (let token = 0; token < span.tokens; token++) {
        const state = (after[token] ?? before).slice();
        next(first + token, state);
        after.push(state);
      }
      return (tokens) => after[tokens] ?? before;
    });
  }
}
