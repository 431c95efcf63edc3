// Reads JSON out of the text of a model, as it arrives.
import { nextCharacter, type OutputText, type Reading } from './output-text.ts';

/**
 * Takes one JSON value: a text, a list, an object, or a word such as `1.5` and `true`.
 *
 * @param onText receives the characters of the value as they arrive
 * @returns whether the text goes on with a value
 */
export function* takeJson(input: OutputText, onText: (text: string) => void): Reading<boolean> {
  const first = yield* nextCharacter(input);
  if (first === '' || !/[[{"\-+.\w]/.test(first)) return false;
  const isWord = !/[[{"]/.test(first);
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  for (;;) {
    const { rest } = input;
    for (let at = 0; at < rest.length; at++) {
      const character = rest[at] ?? '';
      if (isWord) {
        if (/[-+.\w]/.test(character)) continue;
        onText(input.take(at));
        return true;
      }
      if (isEscaped) isEscaped = false;
      else if (isInText) {
        if (character === '\\') isEscaped = true;
        else if (character === '"') isInText = false;
      } else if (character === '"') isInText = true;
      else if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
      if (depth === 0 && !isInText && !isEscaped) {
        onText(input.take(at + 1));
        return true;
      }
    }
    if (rest !== '') onText(input.take(rest.length));
    if (input.isEnded) return true;
    yield;
  }
}

/** Takes one JSON value, whole; undefined if the text does not go on with a value. */
export function* takeJsonText(input: OutputText): Reading<string | undefined> {
  let text = '';
  const isThere = yield* takeJson(input, (piece) => {
    text += piece;
  });
  return isThere ? text : undefined;
}

/** The value of a JSON text; undefined for a text that is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The characters of a text inside a JSON text, without the quotes. */
export const escapedText = (text: string): string => JSON.stringify(text).slice(1, -1);
