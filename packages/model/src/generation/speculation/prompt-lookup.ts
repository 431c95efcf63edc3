// Speculation without a second model: what followed the last time these tokens stood in the text will follow again.
// Saxena 2023, "Prompt Lookup Decoding".
import type { SpeculationOptions, SpeculationStrategy } from './strategy.ts';
import { checkTokens } from './check-tokens.ts';

/** How many places where the last token stood before are compared, those of late first. */
const PLACES = 256;
/** Tokens that are compared at each; more would say no more. */
const LONGEST_MATCH = 32;

/**
 * Proposes what followed the longest earlier match with the end of the text, prompt included. Pays where a text repeats
 * itself or its prompt: summaries, answers with quotations, edited code.
 *
 * @throws RondoError `BAD_ARGUMENT` for a number of tokens that is none
 */
export function promptLookup({ tokens }: SpeculationOptions = {}): SpeculationStrategy {
  checkTokens(tokens);
  return () => {
    /** Where each token stands, of the first `indexed` of the text. */
    const places = new Map<number, number[]>();
    let indexed = 0;

    function index(ids: readonly number[]): void {
      // The last token is what is looked up; it stands before nothing yet.
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
        // A text that has come to its end repeats from the match on again.
        const next = (index: number) => ids[best + 1 + (index % (last - best))] ?? 0;
        return { ids: Array.from({ length: most }, (_, index) => next(index)), evidence };
      },
    };
  };
}

/** How many tokens up to the one at `a` are those up to `b`, which comes later. */
function matchLength(ids: readonly number[], a: number, b: number): number {
  let length = 0;
  while (length <= a && length < LONGEST_MATCH && ids[a - length] === ids[b - length]) length++;
  return length;
}
