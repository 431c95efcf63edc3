// A set of tokens, as a list if it is small and as bits if it is large.

/** A set of tokens. */
export interface TokenSet {
  /** The tokens, in a small set. */
  readonly list: Int32Array | undefined;
  /** Bit t % 32 of word t / 32 for token t, in a large set. */
  readonly bits: Uint32Array | undefined;
}

/** The words of a bit set of `tokens` tokens. */
export function wordsOf(tokens: number): number {
  return Math.ceil(tokens / 32);
}

/** A set of the listed tokens, which may repeat. */
export function tokenSetOf(listed: readonly number[], tokens: number): TokenSet {
  const words = wordsOf(tokens);
  if (listed.length <= words) return { list: Int32Array.from(listed), bits: undefined };
  const bits = new Uint32Array(words);
  for (const token of listed) bits[token >>> 5] |= 1 << (token & 31);
  return { list: undefined, bits };
}

/** Adds a set to a bit set. */
export function addTo(mask: Uint32Array, { list, bits }: TokenSet): void {
  if (list !== undefined) for (const token of list) mask[token >>> 5] |= 1 << (token & 31);
  if (bits !== undefined) for (let word = 0; word < mask.length; word++) mask[word] |= bits[word];
}

/** Bytes of memory of a set. */
export function bytesOf({ list, bits }: TokenSet): number {
  return (list?.byteLength ?? 0) + (bits?.byteLength ?? 0);
}
