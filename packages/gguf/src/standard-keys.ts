// The keys that GGUF standardizes, as typed members. Keys of the architecture have names without its prefix.
import {
  findBoolean,
  findInteger,
  findIntegers,
  findNumber,
  findNumberArray,
  findString,
  findStringArray,
  getString,
  type HasMetadata,
  type NumberArray,
} from './accessors.ts';

/** The standard keys of a file. A key that is absent is undefined. */
export interface StandardKeys {
  /** `general.*` */
  readonly general: {
    readonly architecture: string;
    readonly name: string | undefined;
    readonly author: string | undefined;
    readonly license: string | undefined;
    readonly sizeLabel: string | undefined;
    /** Number of llama.cpp's `llama_ftype`. */
    readonly fileType: number | undefined;
    readonly quantizationVersion: number | undefined;
  };
  /** `<architecture>.*`: numbers of values, layers, heads, tokens and experts; an array has one number for each layer. */
  readonly model: {
    readonly blockCount: number | undefined;
    readonly contextLength: number | undefined;
    readonly embeddingLength: number | undefined;
    readonly feedForwardLength: number | readonly number[] | undefined;
    readonly headCount: number | readonly number[] | undefined;
    readonly headCountKv: number | readonly number[] | undefined;
    readonly keyLength: number | undefined;
    readonly valueLength: number | undefined;
    readonly layerNormRmsEpsilon: number | undefined;
    readonly ropeDimensionCount: number | undefined;
    readonly ropeFreqBase: number | undefined;
    readonly ropeScalingType: string | undefined;
    readonly ropeScalingFactor: number | undefined;
    readonly slidingWindow: number | undefined;
    readonly expertCount: number | undefined;
    readonly expertUsedCount: number | undefined;
    readonly vocabularySize: number | undefined;
  };
  /** `tokenizer.*` */
  readonly tokenizer: {
    readonly model: string | undefined;
    readonly pre: string | undefined;
    readonly tokens: readonly string[] | undefined;
    readonly scores: NumberArray | undefined;
    readonly tokenTypes: NumberArray | undefined;
    readonly merges: readonly string[] | undefined;
    readonly bosTokenId: number | undefined;
    readonly eosTokenId: number | undefined;
    readonly unknownTokenId: number | undefined;
    readonly paddingTokenId: number | undefined;
    readonly addBosToken: boolean | undefined;
    readonly addEosToken: boolean | undefined;
    readonly chatTemplate: string | undefined;
  };
}

/** The id that converters write for a token that a vocabulary does not have. */
const NO_TOKEN = 0xffff_ffff;

/**
 * The standard keys of a file.
 *
 * @throws RondoError `BAD_CONFIG` if the architecture is missing, or a key has the wrong type
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#standardized-key-value-pairs
 */
export function standardKeys(gguf: HasMetadata): StandardKeys {
  const architecture = getString(gguf, 'general.architecture');
  const general = (key: string) => findString(gguf, `general.${key}`);
  const integer = (key: string) => findInteger(gguf, `${architecture}.${key}`);
  const number = (key: string) => findNumber(gguf, `${architecture}.${key}`);
  const integers = (key: string) => findIntegers(gguf, `${architecture}.${key}`);
  const token = (key: string) => {
    const id = findInteger(gguf, `tokenizer.ggml.${key}_token_id`);
    return id === NO_TOKEN ? undefined : id;
  };
  return {
    general: {
      architecture,
      name: general('name'),
      author: general('author'),
      license: general('license'),
      sizeLabel: general('size_label'),
      fileType: findInteger(gguf, 'general.file_type'),
      quantizationVersion: findInteger(gguf, 'general.quantization_version'),
    },
    model: {
      blockCount: integer('block_count'),
      contextLength: integer('context_length'),
      embeddingLength: integer('embedding_length'),
      feedForwardLength: integers('feed_forward_length'),
      headCount: integers('attention.head_count'),
      headCountKv: integers('attention.head_count_kv'),
      keyLength: integer('attention.key_length'),
      valueLength: integer('attention.value_length'),
      layerNormRmsEpsilon: number('attention.layer_norm_rms_epsilon'),
      ropeDimensionCount: integer('rope.dimension_count'),
      ropeFreqBase: number('rope.freq_base'),
      ropeScalingType: findString(gguf, `${architecture}.rope.scaling.type`),
      ropeScalingFactor: number('rope.scaling.factor'),
      slidingWindow: integer('attention.sliding_window'),
      expertCount: integer('expert_count'),
      expertUsedCount: integer('expert_used_count'),
      vocabularySize: integer('vocab_size'),
    },
    tokenizer: {
      model: findString(gguf, 'tokenizer.ggml.model'),
      pre: findString(gguf, 'tokenizer.ggml.pre'),
      tokens: findStringArray(gguf, 'tokenizer.ggml.tokens'),
      scores: findNumberArray(gguf, 'tokenizer.ggml.scores'),
      tokenTypes: findNumberArray(gguf, 'tokenizer.ggml.token_type'),
      merges: findStringArray(gguf, 'tokenizer.ggml.merges'),
      bosTokenId: token('bos'),
      eosTokenId: token('eos'),
      unknownTokenId: token('unknown'),
      paddingTokenId: token('padding'),
      addBosToken: findBoolean(gguf, 'tokenizer.ggml.add_bos_token'),
      addEosToken: findBoolean(gguf, 'tokenizer.ggml.add_eos_token'),
      chatTemplate: findString(gguf, 'tokenizer.chat_template'),
    },
  };
}
