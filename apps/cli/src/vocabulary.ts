// The tokenizer's part of a file's metadata, as the plain data that @rondo/tokenizer takes, without loading the model.
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
import type { Vocabulary } from '@rondo/tokenizer';

/** @throws RondoError `BAD_CONFIG` where a key is missing or of another type */
export function vocabularyOf(gguf: Gguf): Vocabulary {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  return {
    model: getString(gguf, key('model')),
    pre: findString(gguf, key('pre')),
    tokens: getStringArray(gguf, key('tokens')),
    tokenTypes: findNumberArray(gguf, key('token_type')),
    scores: findNumberArray(gguf, key('scores')),
    merges: findStringArray(gguf, key('merges')),
    bosId: findInteger(gguf, key('bos_token_id')),
    eosId: findInteger(gguf, key('eos_token_id')),
    eotId: findInteger(gguf, key('eot_token_id')),
    eomId: findInteger(gguf, key('eom_token_id')),
    unknownId: findInteger(gguf, key('unknown_token_id')),
    separatorId: findInteger(gguf, key('seperator_token_id')),
    addBos: findBoolean(gguf, key('add_bos_token')),
    addEos: findBoolean(gguf, key('add_eos_token')),
    addSpacePrefix: findBoolean(gguf, key('add_space_prefix')),
  };
}
