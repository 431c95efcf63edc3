// Lower case character by character, as tokenizers need it. JavaScript's own method turns U+0130 into two characters and
// looks at the neighbours of a sigma.

/** The text in lower case. */
export function lowerCase(text: string): string {
  return text.replaceAll(/\p{Changes_When_Lowercased}/gu, (character) =>
    String.fromCodePoint(character.toLowerCase().codePointAt(0) ?? 0),
  );
}
