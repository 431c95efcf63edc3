// All that @rondo/tokenizer exports.
export { createTokenizer } from './create-tokenizer.ts';
export { preTokenizerNames } from './pre-tokenizers.ts';
export { tokenizerModelNames } from './tokenizer-models.ts';
export type {
  DecodeOptions,
  EncodeOptions,
  EncodeStepsOptions,
  FillInTokens,
  StreamingDecoder,
  TextPart,
  Tokenizer,
} from './tokenizer.ts';
export { noToken, tokenType, type Vocabulary } from './vocabulary.ts';
