// What a walk through the vocabulary came to.
import { bytesOf, tokenSetOf, type TokenSet } from './token-set.ts';
import type { TokenTrie } from '../vocabulary.ts';
import type { Found } from './walk.ts';

/** What the tokens of a vocabulary do at a place of a grammar, whatever the stack below holds. */
export interface Outcome {
  /** Tokens that are accepted whatever the stack holds. */
  readonly tokens: TokenSet;
  /** Nodes of the trie below which tokens go on after the rule has ended: the stack decides on such tokens. */
  exits(): Int32Array;
  /** The outcomes from those nodes on, by the position that the rule returns to. */
  readonly after: Map<number, Outcome>;
  /** Bytes of memory, without the outcomes in `after`. */
  readonly bytes: number;
}

/** Estimated bytes of an outcome besides its arrays. */
export const overheadBytes = 300;

/** The outcome of a walk, with further accepted tokens. Nodes that were met more than once are kept once. */
export function outcomeOf(trie: TokenTrie, { accepted, exits }: Found, named: readonly number[]): Outcome {
  const set = tokenSetOf([...named], trie, accepted.toArray());
  const distinct = exits.length > 1 ? sortedDistinct(exits.toArray()) : exits.toArray();
  return {
    tokens: set,
    exits: () => distinct,
    after: new Map(),
    bytes: overheadBytes + bytesOf(set) + distinct.byteLength,
  };
}

function sortedDistinct(values: Int32Array): Int32Array {
  values.sort();
  return values.filter((value, i) => i === 0 || value !== values[i - 1]);
}
