// Encodes long texts without blocking other tasks, and stops as soon as there are too many tokens.
import { RondoError } from '@rondo/errors';
import type { Fragment } from './special-tokens.ts';
import type { TextCodec } from './text-codec.ts';
import type { TokenTable } from './token-table.ts';
import type { EncodeStepsOptions, TextPart } from './tokenizer.ts';

/** Characters that are encoded in one step; this takes a few milliseconds. */
const charactersAtOnce = 1 << 14;
/** Merging steps that a long word takes in one go. */
const stepsAtOnce = 1 << 15;

/** A lower bound of the number of tokens, known without encoding. */
export interface LengthBound {
  /** The fewest tokens that these parts can have. */
  leastTokens(parts: readonly TextPart[]): number;
}

/** The bound of a vocabulary: no token covers more characters than the longest token has. */
export function lengthBound(table: TokenTable, codec: TextCodec, dropsText: boolean): LengthBound {
  // A character of a byte-level token is a byte, and a character of text has at least one byte.
  let longest = 1;
  for (const text of table.texts) longest = Math.max(longest, text.length);
  return {
    leastTokens(parts) {
      if (!codec.losesNothing || dropsText) return 0;
      let characters = 0;
      for (const { text } of parts) characters += text.length;
      return Math.ceil(characters / longest);
    },
  };
}

/** @throws RondoError `CONTEXT_FULL` */
export function checkFits(leastTokens: number, mostTokens: number): void {
  if (leastTokens <= mostTokens) return;
  throw new RondoError(
    'CONTEXT_FULL',
    `The text has at least ${leastTokens} tokens, which do not fit the context of ${mostTokens}; load the model with a larger context, or shorten the text.`,
    { details: { tokens: leastTokens, contextTokens: mostTokens } },
  );
}

/** Appends the ids of the fragments to `output`, in steps. */
export async function appendInSteps(
  fragments: readonly Fragment[],
  codec: TextCodec,
  output: number[],
  { mostTokens = Infinity, signal }: EncodeStepsOptions,
): Promise<void> {
  let characters = 0;
  async function pause(): Promise<void> {
    characters = 0;
    checkFits(output.length, mostTokens);
    await nextTask();
    signal?.throwIfAborted();
  }

  async function idsOf(word: string): Promise<readonly number[]> {
    const steps = word.length > charactersAtOnce ? codec.startWord?.(word) : undefined;
    if (steps === undefined) return codec.encodeWord(word);
    while (!steps.run(stepsAtOnce)) await pause();
    return steps.ids();
  }

  let afterSpecial = true;
  for (const fragment of fragments) {
    if (typeof fragment === 'number') output.push(fragment);
    else {
      for (const word of codec.words(fragment, afterSpecial)) {
        const ids = word.length > charactersAtOnce ? await idsOf(word) : codec.encodeWord(word);
        for (const id of ids) output.push(id);
        characters += word.length;
        if (characters >= charactersAtOnce) await pause();
      }
    }
    afterSpecial = typeof fragment === 'number';
  }
  checkFits(output.length, mostTokens);
}

/** Resolves in a new task, after the tasks that are already queued. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
}
