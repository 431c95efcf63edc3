// Speculation without a second model: proposes the tokens that followed an earlier occurrence of the last tokens of the text.
// Saxena 2023, "Prompt Lookup Decoding".
import type { SpeculationOptions, SpeculationStrategy } from './strategy.ts';
import { checkTokens } from './check-tokens.ts';

/** How many earlier places of the last token are compared, the latest places first. */
const PLACES = 256;
/** The most tokens that are compared at each place; a longer match would say no more. */
const LONGEST_MATCH = 32;

/**
 * Proposes the tokens that followed the longest earlier match with the end of the text, prompt included. This pays if a text
 * repeats itself or its prompt: summaries, answers with quotations, edited code.
 *
 * @throws RondoError `BAD_ARGUMENT` for a bad number of tokens
 */
export function promptLookup({ tokens }: SpeculationOptions = {}): SpeculationStrategy {
  checkTokens(tokens);
  return () => {
    /** The places of each token among the first `indexed` tokens of the text. */
    const places = new Map<number, number[]>();
    let indexed = 0;

    function index(ids: readonly number[]): void {
      // The last token is left out: it is the token to look up, and no token follows it yet.
      for (; indexed < ids.length - 1; indexed++) {
        const id = ids[indexed] ?? 0;
        const at = places.get(id);
        if (at) at.push(indexed);
        else places.set(id, [indexed]);
      }
    }

    return {
      tokens,
      msPerToken: 0,
      async propose(ids, most) {
        index(ids);
        const last = ids.length - 1;
        let evidence = 0;
        let best = 0;
        for (const place of (places.get(ids[last] ?? -1) ?? []).slice(-PLACES).toReversed()) {
          const length = matchLength(ids, place, last);
          if (length <= evidence) continue;
          evidence = length;
          best = place;
        }
        if (evidence === 0) return { ids: [], evidence };
        // After the end of the text, the proposal goes on after the match again.
        const next = (index: number) => ids[best + 1 + (index % (last - best))] ?? 0;
        return { ids: Array.from({ length: most }, (_, index) => next(index)), evidence };
      },
    };
  };
}

/** How many tokens up to index `a` are the same as the tokens up to the later index `b`. */
function matchLength(ids: readonly number[], a: number, b: number): number {
  let length = 0;
  while (length <= a && length < LONGEST_MATCH && ids[a - length] === ids[b - length]) length++;
  return length;
}
