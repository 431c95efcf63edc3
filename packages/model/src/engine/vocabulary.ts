// The tokenizer's part of a file's metadata, as the plain data that @rondo/tokenizer takes.
import {
  findBoolean,
  findInteger,
  findNumberArray,
  findString,
  findStringArray,
  getString,
  getStringArray,
  type Gguf,
} from '@rondo/gguf';
import { noToken, type Vocabulary } from '@rondo/tokenizer';

/** Keys of the tokens for filling in the middle of a text; the last three are the older names of the first three. */
const fillInKeys = [
  'fim_pre',
  'fim_suf',
  'fim_mid',
  'fim_pad',
  'fim_rep',
  'fim_sep',
  'prefix',
  'suffix',
  'middle',
];

/** @throws RondoError `BAD_CONFIG` where a key is missing or of another type */
export function vocabularyOf(gguf: Gguf): Vocabulary {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  return {
    model: getString(gguf, key('model')),
    pre: findString(gguf, key('pre')),
    modelName: findString(gguf, 'general.name'),
    architecture: findString(gguf, 'general.architecture'),
    tokens: getStringArray(gguf, key('tokens')),
    tokenTypes: findNumberArray(gguf, key('token_type')),
    scores: findNumberArray(gguf, key('scores')),
    merges: findStringArray(gguf, key('merges')),
    bosId: tokenId(gguf, key('bos_token_id')),
    eosId: tokenId(gguf, key('eos_token_id')),
    eotId: tokenId(gguf, key('eot_token_id')),
    eomId: tokenId(gguf, key('eom_token_id')),
    unknownId: tokenId(gguf, key('unknown_token_id')),
    separatorId: tokenId(gguf, key('seperator_token_id')),
    fillInIds: fillInKeys.map((name) => tokenId(gguf, key(`${name}_token_id`))),
    addBos: findBoolean(gguf, key('add_bos_token')),
    addEos: findBoolean(gguf, key('add_eos_token')),
    addSpacePrefix: findBoolean(gguf, key('add_space_prefix')),
    removeExtraWhitespaces: findBoolean(gguf, key('remove_extra_whitespaces')),
    precompiledCharsmap: findNumberArray(gguf, key('precompiled_charsmap')),
    lowercase: findBoolean(gguf, key('normalizer.lowercase')),
    stripAccents: findBoolean(gguf, key('normalizer.strip_accents')),
  };
}

/** A token id. An integer of any type with all bits set means that there is no such token: some converters write such an id. */
function tokenId(gguf: Gguf, key: string): number | undefined {
  const entry = gguf.metadata.get(key);
  const isNone =
    (entry?.type === 'u64' && entry.value === 2n ** 64n - 1n) ||
    ((entry?.type === 'i64' || entry?.type === 'i32') && BigInt(entry.value) === -1n);
  return isNone ? noToken : findInteger(gguf, key);
}
