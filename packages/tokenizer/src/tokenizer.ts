// The interface of a tokenizer; the factory is in create-tokenizer.ts.
import type { RondoWarning } from '@rondo/errors';

/** How {@link Tokenizer.encode} reads a text. */
export interface EncodeOptions {
  /**
   * Whether the text of a control token (such as `<|im_end|>`) becomes that token. False by default, so that no text of
   * a user's can end a turn or begin another; true is for what a chat template wrote.
   */
  readonly special?: boolean | undefined;
  /**
   * Whether the beginning-of-text token comes first; by default what the vocabulary says. A text that itself begins with
   * it (read with `special`) gets no second one. False also leaves out the token that ends a text, where the vocabulary
   * wants one.
   */
  readonly addBos?: boolean | undefined;
}

/** A stretch of a text of which some is trusted and some is not, such as a rendered conversation. */
export interface TextPart {
  readonly text: string;
  /** Whether control tokens count in this stretch: see {@link EncodeOptions.special}. */
  readonly special: boolean;
}

/** How a long text is encoded. */
export interface EncodeStepsOptions {
  /**
   * Tokens that the result may have at most: a text that cannot have so few is refused at once, one that turns out to have
   * more as soon as that is known. Default: any number.
   */
  readonly mostTokens?: number | undefined;
  /** Cancels; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How ids become text. */
export interface DecodeOptions {
  /** Whether control tokens show as their text; false by default: they are left out. */
  readonly special?: boolean | undefined;
  /**
   * Whether the ids are a whole text and not the continuation of one: the space that SentencePiece puts before a text is
   * then dropped, so that `decode(encode(text), { start: true })` is the text again. False by default.
   */
  readonly start?: boolean | undefined;
}

/** Decodes one id at a time, and holds back the bytes of a character until it is whole. */
export interface StreamingDecoder {
  /**
   * Text that is complete with this id; empty while a character is unfinished.
   *
   * @throws RondoError `BAD_ARGUMENT` for an id outside the vocabulary
   */
  push(id: number): string;
  /** What was held back, with U+FFFD for a character that never came whole. The decoder may be used afresh after it. */
  end(): string;
}

/** Turns text into the ids of a model's vocabulary, and back. Holds no state that a caller could see. */
export interface Tokenizer {
  /** What is worth telling of the vocabulary, each once; none in most. */
  readonly warnings: readonly RondoWarning[];
  /** How many ids there are: 0 to `vocabularySize - 1`. */
  readonly vocabularySize: number;
  /** The id that begins a text, where the vocabulary has one. */
  readonly bosId: number | undefined;
  /** The id that ends a text, where the vocabulary has one. */
  readonly eosId: number | undefined;
  /** Whether `encode` puts `bosId` first unless told otherwise. */
  readonly addsBos: boolean;
  /** The ids of a text. Never throws for any text: a lone surrogate is read as U+FFFD. */
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /**
   * The ids of stretches that follow each other: those that `encode` gives for the joined text, except that control
   * tokens count only where a stretch says so. Encoding them one by one would cut words and spaces at the seams.
   */
  encodeParts(parts: Iterable<TextPart>, options?: Pick<EncodeOptions, 'addBos'>): Uint32Array;
  /**
   * What `encode` gives, in steps of a few milliseconds between which other tasks run: for texts that may be megabytes.
   *
   * @throws RondoError `CONTEXT_FULL` where there are more tokens than `mostTokens`; the signal's reason
   */
  encodeInSteps(text: string, options?: EncodeOptions & EncodeStepsOptions): Promise<Uint32Array>;
  /** What `encodeParts` gives, in steps as those of `encodeInSteps`. */
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
  /** A decoder for ids that come one by one: its parts joined are exactly what `decode` gives for all of them. */
  decoder(options?: DecodeOptions): StreamingDecoder;
  /** Whether generation stops at this id: the end of a text, of a turn or of a message. */
  isEndOfGeneration(id: number): boolean;
  /** Whether this is a control or unknown token: plain text that spells it does not become it. */
  isControl(id: number): boolean;
  /** The text of a token as the vocabulary spells it; undefined outside the vocabulary. */
  tokenText(id: number): string | undefined;
}
