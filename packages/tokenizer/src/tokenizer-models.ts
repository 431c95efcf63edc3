// The tokenizers by name: one entry for each value of `tokenizer.ggml.model`, with its defaults for missing metadata.
import { quoted, RondoError, type RondoWarning } from '@rondo/errors';
import { createBytePairEncoding } from './byte-pair-encoding.ts';
import { createGreedyBytes } from './greedy-bytes.ts';
import { lowerCase } from './lower-case.ts';
import { preTokenizer, type PreTokenizer } from './pre-tokenizers.ts';
import { createSentencePiece } from './sentence-piece.ts';
import type { TextCodec } from './text-codec.ts';
import type { TokenTable } from './token-table.ts';
import { createUnigram } from './unigram.ts';
import type { Vocabulary } from './vocabulary.ts';
import { createWordPiece } from './word-piece.ts';

/** A kind of tokenizer for one vocabulary. */
export interface TokenizerModel {
  readonly codec: TextCodec;
  /** Whether a text begins with the beginning-of-text token, if the vocabulary has one and the metadata does not say. */
  readonly addBos: boolean;
  /** Whether a text begins with the beginning-of-text token even if the metadata says no. */
  readonly alwaysAddBos?: boolean;
  /** Whether a text ends with the end-of-text token, if the metadata does not say; false by default. */
  readonly addEos?: boolean;
  readonly defaultBosId?: number;
  readonly defaultEosId?: number;
  /** Whether the separator ends a text instead of the end-of-text token. */
  readonly endsWithSeparator?: boolean;
  /** Whether `encode` puts a space before a text. */
  readonly dropsFirstSpace?: boolean;
  readonly warnings?: readonly RondoWarning[];
}

type Create = (vocabulary: Vocabulary, table: TokenTable) => TokenizerModel;

function bytePairEncoding(vocabulary: Vocabulary, table: TokenTable, pre: PreTokenizer): TokenizerModel {
  return {
    codec: createBytePairEncoding(vocabulary, table, pre),
    addBos: pre.addBos !== undefined,
    alwaysAddBos: pre.addBos === 'always',
  };
}

/** The pre-tokenizer that the file names, or the default. An empty name comes from a converter that knew none. */
function namedPreTokenizer({ pre }: Vocabulary): {
  readonly pre: PreTokenizer;
  readonly warnings: readonly RondoWarning[];
} {
  if (pre) return { pre: preTokenizer(pre), warnings: [] };
  const message =
    'The file does not say how its tokenizer cuts texts into words (tokenizer.ggml.pre): the rules named "default" are used, which may be others than in training. Get a newer conversion of the model.';
  return { pre: preTokenizer('default'), warnings: [{ code: 'ODD_TOKENIZER', message }] };
}

const models: ReadonlyMap<string, Create> = new Map<string, Create>([
  [
    'gpt2',
    (vocabulary, table) => {
      const { pre, warnings } = namedPreTokenizer(vocabulary);
      return { ...bytePairEncoding(vocabulary, table, pre), warnings };
    },
  ],
  ['gemma4', (vocabulary, table) => bytePairEncoding(vocabulary, table, preTokenizer('gemma4'))],
  [
    'whitespace',
    (vocabulary, table) => {
      const { pre, warnings } = namedPreTokenizer(vocabulary);
      const { lowercase = pre.keepsCase !== true } = vocabulary;
      const codec = createBytePairEncoding(
        vocabulary,
        table,
        pre,
        (text) => (lowercase ? lowerCase(text) : text).match(/\P{White_Space}+/gu) ?? [],
      );
      // White space is dropped, so a text of any length may have no tokens.
      return { codec: { ...codec, losesNothing: false }, addBos: pre.addBos !== undefined, warnings };
    },
  ],
  [
    'llama',
    (vocabulary, table) => ({
      codec: createSentencePiece(vocabulary, table),
      addBos: true,
      defaultBosId: 1,
      defaultEosId: 2,
      dropsFirstSpace: vocabulary.addSpacePrefix ?? true,
    }),
  ],
  [
    'bert',
    (vocabulary, table) => ({
      codec: createWordPiece(vocabulary, table),
      addBos: true,
      defaultBosId: 101,
      endsWithSeparator: true,
      dropsFirstSpace: true,
    }),
  ],
  [
    't5',
    (vocabulary, table) => ({
      codec: createUnigram(vocabulary, table),
      addBos: false,
      addEos: true,
      defaultEosId: 1,
      dropsFirstSpace: vocabulary.addSpacePrefix ?? false,
    }),
  ],
  ['rwkv', (vocabulary, table) => ({ codec: createGreedyBytes(vocabulary, table), addBos: false })],
]);

/** All tokenizers, by their names in GGUF's `tokenizer.ggml.model`. */
export const tokenizerModelNames: readonly string[] = [...models.keys()];

/**
 * The tokenizer that a vocabulary names.
 *
 * @throws RondoError `UNSUPPORTED_TOKENIZER` for a name that is not in the table; `BAD_VOCABULARY`
 */
export function createTokenizerModel(vocabulary: Vocabulary, table: TokenTable): TokenizerModel {
  const create = models.get(vocabulary.model);
  if (create === undefined) {
    throw new RondoError(
      'UNSUPPORTED_TOKENIZER',
      `The tokenizer ${quoted(vocabulary.model)} (tokenizer.ggml.model) is not supported; supported are ${tokenizerModelNames.join(', ')}.`,
      { details: { model: vocabulary.model, supported: tokenizerModelNames } },
    );
  }
  return create(vocabulary, table);
}
