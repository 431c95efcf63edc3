// What the three kinds of tokenizer have in common: the seam between create-tokenizer.ts and each of them.

/** Encodes stretches of plain text and spells single tokens. */
export interface TextCodec {
  /**
   * Appends the ids of a text that holds no special tokens and no lone surrogates.
   *
   * @param afterSpecial whether the stretch begins the text or follows a special token
   */
  encode(text: string, afterSpecial: boolean, output: number[]): void;
  /** The UTF-8 bytes that a token adds to a text; control, unknown and byte tokens are never asked for. */
  bytesOfToken(text: string, type: number): Uint8Array;
}
