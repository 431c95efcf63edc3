// What all kinds of tokenizer have in common: the seam between tokenizer-models.ts and each of them.
import type { Merging } from './merge-pairs.ts';

/** A word whose ids are found in steps. */
export interface WordSteps extends Pick<Merging, 'run'> {
  /** The ids, once `run` has given true. */
  ids(): readonly number[];
}

/** Steps that looking up the tokens at one place counts for: it takes as long as so many steps of joining. */
export const stepsOfWalk = 8;

/** The part of a codec whose only word is the whole text: the ways of cutting a text are compared from end to end. */
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
   * Appends the ids of a text that holds no special tokens and no lone surrogates.
   *
   * @param afterSpecial whether the stretch begins the text or follows a special token
   */
  encode(text: string, afterSpecial: boolean, output: number[]): void;
  /** The words of such a text, one at a time: their ids one after another are those of the text. */
  words(text: string, afterSpecial: boolean): Iterable<string>;
  encodeWord(word: string): readonly number[];
  /** The same in steps; undefined where a word never takes long. */
  startWord?(word: string): WordSteps;
  /** Whether each character of a text is in one of its tokens, so that long texts have many tokens. */
  readonly losesNothing: boolean;
  /** The UTF-8 bytes that a token adds to a text; control, unknown and byte tokens are never asked for. */
  bytesOfToken(text: string, type: number): Uint8Array;
}
