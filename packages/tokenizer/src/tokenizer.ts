// The interface of a tokenizer; its factory is in create-tokenizer.ts.
import type { RondoWarning } from '@rondo/errors';

/** How {@link Tokenizer.encode} reads a text. */
export interface EncodeOptions {
  /**
   * Whether the text of a control token (such as `<|im_end|>`) becomes that token. False by default, so that no text of a
   * user can end a turn or begin another turn. True is for the text that a chat template wrote.
   */
  readonly special?: boolean | undefined;
  /**
   * Whether the beginning-of-text token comes first; the default comes from the vocabulary. A text that itself begins with that
   * token (read with `special`) gets no second token. False also leaves out the token that ends a text, if the vocabulary wants
   * that token.
   */
  readonly addBos?: boolean | undefined;
}

/** A stretch of a text that is partly trusted, such as a rendered conversation. */
export interface TextPart {
  readonly text: string;
  /** Whether control tokens count in this stretch: see {@link EncodeOptions.special}. */
  readonly special: boolean;
}

/** How a long text is encoded. */
export interface EncodeStepsOptions {
  /**
   * The most tokens that the result may have. A text whose length alone shows that it has more tokens is refused at once.
   * Another text is refused as soon as more tokens were found. Default: any number.
   */
  readonly mostTokens?: number | undefined;
  /** Cancels the encoding; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How ids become text. */
export interface DecodeOptions {
  /** Whether control tokens appear as their text; false by default: they are left out. */
  readonly special?: boolean | undefined;
  /**
   * Whether the ids are a whole text rather than a continuation. The space that SentencePiece puts before a text is then
   * dropped, so that `decode(encode(text), { start: true })` is the text again. False by default.
   */
  readonly start?: boolean | undefined;
}

/** Decodes one id at a time, and holds back the bytes of a character until it is complete. */
export interface StreamingDecoder {
  /**
   * The text that is complete with this id; empty while a character is unfinished.
   *
   * @throws RondoError `BAD_ARGUMENT` for an id outside the vocabulary
   */
  push(id: number): string;
  /** The text that was held back, with U+FFFD for an incomplete character. The decoder can then be used anew. */
  end(): string;
}

/** The tokens that mark the parts of a text whose middle is to be filled in; undefined where the vocabulary has no such token. */
export interface FillInTokens {
  /** Comes before the text in front of the gap. */
  readonly prefix: number | undefined;
  /** Comes before the text behind the gap. */
  readonly suffix: number | undefined;
  /** Comes last: the model then writes the text of the gap. */
  readonly middle: number | undefined;
}

/** Turns text into the ids of a model's vocabulary, and back. It holds no state that a caller could see. */
export interface Tokenizer {
  /** Warnings about the vocabulary, each once; none for most vocabularies. */
  readonly warnings: readonly RondoWarning[];
  /** The number of ids: 0 to `vocabularySize - 1`. */
  readonly vocabularySize: number;
  /** The id that begins a text, if the vocabulary has one. */
  readonly bosId: number | undefined;
  /** The id that ends a text, if the vocabulary has one. */
  readonly eosId: number | undefined;
  /** The tokens for filling in the middle of a text, which the metadata or their texts show. */
  readonly fillIn: FillInTokens;
  /** Whether `encode` puts `bosId` first by default. */
  readonly addsBos: boolean;
  /**
   * The ids of a text. Every string has ids: a lone surrogate is read as U+FFFD.
   *
   * @throws RondoError `BAD_ARGUMENT` for a text that is no string, and for `addBos` without a beginning-of-text token
   */
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /**
   * The ids of consecutive stretches: the ids of the joined text, except that control tokens count only in stretches that
   * say so. Encoding the stretches one by one would cut words and spaces at the boundaries.
   */
  encodeParts(parts: Iterable<TextPart>, options?: Pick<EncodeOptions, 'addBos'>): Uint32Array;
  /**
   * The result of `encode`, computed in steps of a few milliseconds between which other tasks run: for texts of
   * megabytes.
   *
   * @throws RondoError `CONTEXT_FULL` if there are more tokens than `mostTokens`; the signal's reason
   */
  encodeInSteps(text: string, options?: EncodeOptions & EncodeStepsOptions): Promise<Uint32Array>;
  /** The result of `encodeParts`, computed in steps like `encodeInSteps`. */
  encodePartsInSteps(
    parts: Iterable<TextPart>,
    options?: Pick<EncodeOptions, 'addBos'> & EncodeStepsOptions,
  ): Promise<Uint32Array>;
  /**
   * The text of ids. Bytes that are no UTF-8 become U+FFFD.
   *
   * @throws RondoError `BAD_ARGUMENT` for an id outside the vocabulary
   */
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /** A decoder for ids that come one by one. The texts that the decoder returns, joined, equal `decode` of all ids. */
  decoder(options?: DecodeOptions): StreamingDecoder;
  /** Whether generation stops at this id: the end of a text, a turn or a message. */
  isEndOfGeneration(id: number): boolean;
  /** Whether this is a control or unknown token: plain text that spells it does not become it. */
  isControl(id: number): boolean;
  /** The text of a token as the vocabulary spells it; undefined outside the vocabulary. */
  tokenText(id: number): string | undefined;
  /**
   * The UTF-8 bytes that a token adds to a text; of a control token, the bytes of its text. They can be part of a character.
   * Undefined outside the vocabulary. The bytes must not be changed.
   */
  tokenBytes(id: number): Uint8Array | undefined;
}
