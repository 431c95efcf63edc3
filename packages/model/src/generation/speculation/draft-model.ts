// Speculation by a smaller model of the same vocabulary, which quickly proposes the tokens that the large model likely chooses.
// Leviathan et al. 2022, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318.
import { RondoError } from '@rondo/errors';
import type { Tokenizer } from '@rondo/tokenizer';
import type { GenerationPart } from '../generation-part.ts';
import { createRecentMedian } from '../../common/recent-median.ts';
import { checkTokens } from './check-tokens.ts';
import type { SpeculationOptions, SpeculationStrategy } from './strategy.ts';

/** What a model must have to draft; every `Model` has it. */
export interface DraftingModel {
  readonly tokenizer: Tokenizer;
  readonly budget: { readonly contextTokens: number };
  /** Continues the tokens, as `Model.generate`. */
  generate(
    ids: readonly number[],
    options: {
      readonly maxTokens: number;
      readonly temperature: number;
      readonly signal: AbortSignal | undefined;
    },
  ): AsyncIterable<GenerationPart>;
}

/**
 * Proposes the tokens that `draft` generates greedily. The draft model should be in memory as a whole, with the context of the
 * model that it drafts for, and with as many sessions as texts use it at once. The caller disposes of the draft model.
 *
 * @throws RondoError `BAD_ARGUMENT` for a bad number of tokens, when the vocabularies differ, or when the model is to draft for
 * itself
 */
export function draftModel(draft: DraftingModel, { tokens }: SpeculationOptions = {}): SpeculationStrategy {
  checkTokens(tokens);
  const alike = new WeakSet<Tokenizer>();
  return (tokenizer) => {
    if (tokenizer === draft.tokenizer) {
      throw new RondoError(
        'BAD_ARGUMENT',
        'A model cannot draft for itself: it would wait for the text that waits for it. Load a smaller model of the same family.',
      );
    }
    if (!alike.has(tokenizer)) checkAlike(draft.tokenizer, tokenizer);
    alike.add(tokenizer);
    const msPerToken = createRecentMedian();
    return {
      tokens,
      get msPerToken() {
        return msPerToken.value;
      },
      async propose(ids, most, signal) {
        const proposed: number[] = [];
        const maxTokens = Math.min(most, draft.budget.contextTokens - ids.length);
        if (maxTokens < 1) return { ids: proposed, evidence: 0 };
        for await (const part of draft.generate(ids, { maxTokens, temperature: 0, signal })) {
          if (part.tokenId !== undefined) proposed.push(part.tokenId);
          const { decodeMs = 0, tokenMs = [] } = part.summary?.timings ?? {};
          // The first token does not count: before it, the draft reads the new tokens, usually one, but at first the prompt.
          if (tokenMs.length > 0) msPerToken.note(decodeMs / tokenMs.length);
        }
        return { ids: proposed, evidence: 0 };
      },
    };
  };
}

function checkAlike(draft: Tokenizer, target: Tokenizer): void {
  const differ = (what: string, details: Record<string, unknown>) =>
    new RondoError(
      'BAD_ARGUMENT',
      `The draft model has another vocabulary than the model it is to draft for: ${what}. Take one of the same family.`,
      { details },
    );
  const [draftTokens, targetTokens] = [draft.vocabularySize, target.vocabularySize];
  if (draftTokens !== targetTokens)
    throw differ(`${draftTokens} tokens instead of ${targetTokens}`, { draftTokens, targetTokens });
  for (let id = 0; id < targetTokens; id++)
    if (draft.tokenText(id) !== target.tokenText(id)) throw differ(`token ${id} is not the same`, { id });
}
