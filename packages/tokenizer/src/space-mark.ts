// U+2581, which stands for a space in the tokens of SentencePiece and similar tokenizers.
import type { TokenTable } from './token-table.ts';

/** The character that stands for a space. */
export const spaceMark = '\u2581';
/** The place at which a word may be cut off, if no token has a space inside or at its end. */
export const wordStart = /(?<=[^\u2581])(?=\u2581)/u;

/** The places in a marked text where a word starts, except the first. */
export function* wordStarts(text: string): Generator<number, void, void> {
  for (const { index } of text.matchAll(everyWordStart)) yield index;
}
const everyWordStart = new RegExp(wordStart, 'gu');

/** The text with its spaces marked. */
export const markSpaces = (text: string): string => text.replaceAll(' ', spaceMark);
/** The text with its marks turned back into spaces. */
export const unmarkSpaces = (text: string): string => text.replaceAll(spaceMark, ' ');

/** Whether a token that plain text may become spans the start of a word, so that words cannot be cut apart. */
export function hasInnerSpace(table: TokenTable): boolean {
  return table.texts.some((text, id) => table.isPlain(id) && wordStart.test(text));
}
