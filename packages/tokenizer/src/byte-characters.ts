// GPT-2's alphabet: each byte is one printable character, so that a vocabulary of bytes can be written as text.
// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", and the encoder published with it.

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/**
 * The character for each of the 256 bytes: printable bytes stand for themselves, the others are shifted to U+0100 and
 * above.
 */
export const characterOfByte: readonly string[] = (() => {
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : 0x100 + moved++),
  );
})();

const byteOfCharacter: ReadonlyMap<string, number> = new Map(
  characterOfByte.map((character, byte) => [character, byte]),
);

/** The bytes that a token text in this alphabet spells; undefined if the text contains a character outside the alphabet. */
export function bytesOfCharacters(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const byte = byteOfCharacter.get(text.charAt(at));
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}
