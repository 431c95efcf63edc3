// The data of a tokenizer: the `tokenizer.ggml.*` metadata of a GGUF file as plain data. Nothing here reads files.

/** The kinds of token that GGUF knows (`tokenizer.ggml.token_type`). */
export const tokenType = {
  undefined: 0,
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

/** The id that converters write for a special token that a vocabulary does not have: 2^32 - 1. */
export const noToken = 0xffff_ffff;

/**
 * The vocabulary of a model. Each field comes from the metadata key in its comment.
 *
 * Token texts are as in the file: byte-level BPE in the alphabet of GPT-2, SentencePiece with U+2581 for spaces.
 */
export interface Vocabulary {
  /**
   * `tokenizer.ggml.model`: `gpt2` is byte-pair encoding, `llama` is SentencePiece, `bert` is WordPiece, `t5` is unigram,
   * `rwkv` takes the longest token at each place; `gemma4` and `whitespace` are byte-pair encoding of characters.
   */
  readonly model: string;
  /** `tokenizer.ggml.pre`: how byte-pair encoding cuts text into words. Absent or empty means `default`, with a warning. */
  readonly pre?: string | undefined;
  /** `general.name`: the only sign that the special tokens of Phi-3 remove white space. */
  readonly modelName?: string | undefined;
  /** `general.architecture`: the mask tokens of some architectures remove the white space in front of them. */
  readonly architecture?: string | undefined;
  /** `tokenizer.ggml.tokens`: the text of each id. */
  readonly tokens: readonly string[];
  /** `tokenizer.ggml.token_type`: one of {@link tokenType} for each id; if absent, all tokens are normal. */
  readonly tokenTypes?: ArrayLike<number> | undefined;
  /**
   * `tokenizer.ggml.scores`: SentencePiece and unigram prefer tokens with a higher score; if absent, all scores are
   * equal.
   */
  readonly scores?: ArrayLike<number> | undefined;
  /** `tokenizer.ggml.merges`: pairs `left right`, the strongest pair first. Byte-pair encoding needs them. */
  readonly merges?: readonly string[] | undefined;
  /** `tokenizer.ggml.bos_token_id`: begins a text. For this id and all other ids, {@link noToken} means absent. */
  readonly bosId?: number | undefined;
  /** `tokenizer.ggml.eos_token_id`: ends a text. */
  readonly eosId?: number | undefined;
  /** `tokenizer.ggml.eot_token_id`: ends a turn of a conversation. */
  readonly eotId?: number | undefined;
  /** `tokenizer.ggml.eom_token_id`: ends a message that a tool answers. */
  readonly eomId?: number | undefined;
  /** `tokenizer.ggml.unknown_token_id`: stands for text that the vocabulary cannot spell. */
  readonly unknownId?: number | undefined;
  /** `tokenizer.ggml.seperator_token_id` (the key is spelled so): ends a text in WordPiece. */
  readonly separatorId?: number | undefined;
  /**
   * `tokenizer.ggml.fim_pre_token_id` and related: mark the parts of a text whose middle is to be filled in. In the order
   * `fim_pre`, `fim_suf`, `fim_mid`, `fim_pad`, `fim_rep`, `fim_sep`, and the older names `prefix`, `suffix`, `middle`.
   */
  readonly fillInIds?: readonly (number | undefined)[] | undefined;
  /** `tokenizer.ggml.add_bos_token`; the default is llama.cpp's for this model and pre-tokenizer. */
  readonly addBos?: boolean | undefined;
  /** `tokenizer.ggml.add_eos_token`; the default is true for unigram and false for all others. */
  readonly addEos?: boolean | undefined;
  /** `tokenizer.ggml.add_space_prefix`; only SentencePiece (default true) and unigram (default false) use it. */
  readonly addSpacePrefix?: boolean | undefined;
  /** `tokenizer.ggml.remove_extra_whitespaces`: unigram replaces runs of spaces by one space. False by default. */
  readonly removeExtraWhitespaces?: boolean | undefined;
  /** `tokenizer.ggml.precompiled_charsmap`: SentencePiece's table of the characters that unigram replaces, as bytes. */
  readonly precompiledCharsmap?: ArrayLike<number> | undefined;
  /** `tokenizer.ggml.normalizer.lowercase`: WordPiece and `whitespace` lower-case texts. True by default. */
  readonly lowercase?: boolean | undefined;
  /** `tokenizer.ggml.normalizer.strip_accents`: WordPiece removes accents. The default is the value of `lowercase`. */
  readonly stripAccents?: boolean | undefined;
}
