// Cuts a text into words, by expressions and by the two rules for digits that no expression states in linear time.

/** An expression whose matches are words, or a function that returns the places to cut at, in order. */
export type Cut = RegExp | ((text: string) => Iterable<number>);

/**
 * An expression as the models read it. JavaScript's \s includes U+FEFF and lacks U+0085; the models' \s is Unicode's
 * White_Space.
 */
export function compileExpression(expression: string): RegExp {
  return new RegExp(
    expression
      .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
      .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`),
    'gu',
  );
}

/**
 * The places behind each group of three digits of any script, counted from the right, and behind the one or two digits before
 * these groups. Example: in `1234567`, the places behind 1, 4 and 7.
 */
export function* afterDigitGroups(text: string): Generator<number, void, void> {
  for (const { 0: run, index } of text.matchAll(/\p{N}+/gu)) {
    const digits = Array.from(run);
    let end = index;
    for (const [at, digit] of digits.entries()) {
      end += digit.length;
      if ((digits.length - 1 - at) % 3 === 0) yield end;
    }
  }
}

/** The places before each group of three ASCII digits, counted from the right. Example: in `1234567`, before 2 and 5. */
export function* beforeDigitGroups(text: string): Generator<number, void, void> {
  for (const { 0: run, index } of text.matchAll(/[0-9]+/g)) {
    for (let at = run.length % 3; at < run.length; at += 3) yield index + at;
  }
}

/** Cuts a text into words. The joined words are the text. */
export function splitWords(text: string, cuts: readonly Cut[]): string[] {
  let pieces = [text];
  for (const cut of cuts) {
    const shorter: string[] = [];
    for (const piece of pieces) {
      let end = 0;
      if (typeof cut === 'function') {
        for (const at of cut(piece)) {
          if (at > end) shorter.push(piece.slice(end, at));
          end = at;
        }
      } else {
        for (const match of piece.matchAll(cut)) {
          if (match.index > end) shorter.push(piece.slice(end, match.index));
          shorter.push(match[0]);
          end = match.index + match[0].length;
        }
      }
      if (end < piece.length) shorter.push(piece.slice(end));
    }
    pieces = shorter;
  }
  return pieces;
}

/** As `splitWords`, but one word at a time: the first word of a long text is known before the whole text is cut. */
export function* eachWord(text: string, cuts: readonly Cut[]): Generator<string, void, void> {
  const [cut, ...others] = cuts;
  if (cut === undefined) {
    if (text !== '') yield text;
    return;
  }
  let end = 0;
  if (typeof cut === 'function') {
    for (const at of cut(text)) {
      yield* eachWord(text.slice(end, at), others);
      end = at;
    }
  } else {
    for (const match of text.matchAll(cut)) {
      if (match.index > end) yield* eachWord(text.slice(end, match.index), others);
      yield* eachWord(match[0], others);
      end = match.index + match[0].length;
    }
  }
  if (end < text.length) yield* eachWord(text.slice(end), others);
}
