// The common interface of all kinds of tokenizer, used by tokenizer-models.ts.
import type { Merging } from './merge-pairs.ts';

/** A word whose ids are found in steps. */
export interface WordSteps extends Pick<Merging, 'run'> {
  /** The ids, once `run` has returned true. */
  ids(): readonly number[];
}

/** The number of merging steps that take as long as looking up the tokens at one place. */
export const stepsOfWalk = 8;

/**
 * The part of a codec whose only word is the whole text, because the ways of cutting a text are compared from end to end.
 */
export function wholeTexts(
  startWord: (text: string) => WordSteps,
): Pick<TextCodec, 'encode' | 'words' | 'encodeWord'> & { startWord: typeof startWord } {
  function encodeWord(text: string): readonly number[] {
    const steps = startWord(text);
    steps.run(Infinity);
    return steps.ids();
  }
  return {
    encode(text, _afterSpecial, output) {
      for (const id of encodeWord(text)) output.push(id);
    },
    words: (text) => [text],
    encodeWord,
    startWord,
  };
}

/** Encodes stretches of plain text and spells single tokens. */
export interface TextCodec {
  /**
   * Appends the ids of a text without special tokens and lone surrogates.
   *
   * @param afterSpecial whether the stretch begins the text or follows a special token
   */
  encode(text: string, afterSpecial: boolean, output: number[]): void;
  /** The words of such a text, one at a time. The ids of the words, one after another, are the ids of the text. */
  words(text: string, afterSpecial: boolean): Iterable<string>;
  encodeWord(word: string): readonly number[];
  /** As `encodeWord`, but in steps; undefined if no word takes long. */
  startWord?(word: string): WordSteps;
  /** Whether each character of a text becomes part of one of its tokens, so that long texts have many tokens. */
  readonly losesNothing: boolean;
  /** The UTF-8 bytes that a token adds to a text. Never called for control, unknown and byte tokens. */
  bytesOfToken(text: string, type: number): Uint8Array;
}
