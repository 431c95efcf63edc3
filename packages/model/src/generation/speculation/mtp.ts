// Speculation by the model's own MTP block, a layer that was trained to predict the token after the next token. The block
// costs about as much as a layer and the output head. DeepSeek-AI 2024, arXiv:2412.19437, section 2.2.
import { RondoError } from '@rondo/errors';
import { createRecentMedian } from '../../common/recent-median.ts';
import { checkTokens } from './check-tokens.ts';
import { createHiddenRows } from './hidden-rows.ts';
import type { SpeculationOptions, SpeculationStrategy } from './strategy.ts';

/** A prediction from more pairs than this, such as the pairs of a prompt, does not count for the time of a token. */
const MOST_TIMED_PAIRS = 32;

/**
 * Proposes the tokens that the MTP block of the model predicts. The model must have such a block, and must be loaded with
 * `mtp: true`.
 *
 * @throws RondoError `BAD_ARGUMENT` for a bad number of tokens; when a text begins, for a model without a loaded MTP block
 */
export function mtp({ tokens }: SpeculationOptions = {}): SpeculationStrategy {
  checkTokens(tokens);
  return (tokenizer, predictor) => {
    if (!predictor) {
      throw new RondoError(
        'BAD_ARGUMENT',
        'mtp() needs the MTP block of the model, which was not loaded: `loadModel(source, { mtp: true })`.',
      );
    }
    const { width, mostPairs } = predictor;
    /** The rows of the pairs that the block has not seen. */
    const rows = createHiddenRows(width, mostPairs);
    const msPerToken = createRecentMedian();
    /** Index of the first token whose row the block has not seen. */
    let unseen = 0;
    /** Number of the pairs that the block has seen. */
    let position = 0;
    return {
      tokens,
      get msPerToken() {
        return msPerToken.value;
      },
      onHidden: rows.add,
      async propose(ids, most, signal) {
        const proposed: number[] = [];
        // The row of the last token is to come.
        const last = ids.length - 1;
        // If pairs are missing, the block begins anew: the distances between its pairs are right then.
        if (rows.first > unseen) position = 0;
        if (rows.end < last || rows.first >= last) return { ids: proposed, evidence: 0 };
        let next = ids.slice(rows.first + 1);
        let hidden = rows.before(last);
        let end = position;
        while (proposed.length < most) {
          const startMs = performance.now();
          const predicted = await predictor.predict({ ids: next, hidden, position: end, signal });
          if (!predicted) {
            position = 0;
            break;
          }
          if (next.length <= MOST_TIMED_PAIRS) msPerToken.note(performance.now() - startMs);
          end += next.length;
          if (proposed.length === 0) {
            // What follows are guesses. The next proposal goes on after the pairs of the text.
            position = end;
            unseen = last;
            rows.clear(last);
          }
          proposed.push(predicted.id);
          if (tokenizer.isEndOfGeneration(predicted.id)) break;
          next = [predicted.id];
          ({ hidden } = predicted);
        }
        return { ids: proposed, evidence: 0 };
      },
    };
  };
}
