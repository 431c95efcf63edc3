// A checked vocabulary, with the look-ups that every tokenizer needs. It refuses vocabularies that would later crash or
// silently give other ids; the tokenizers can rely on that.
import { quoted, RondoError, type RondoWarning } from '@rondo/errors';
import { endOfGenerationIds } from './end-of-generation.ts';
import { fillInIds } from './fill-in.ts';
import { noToken, tokenType, type Vocabulary } from './vocabulary.ts';

/** The lookups of a checked vocabulary. */
export interface TokenTable {
  readonly size: number;
  /** The text of each id. An empty text is replaced by a name that no input contains by accident. */
  readonly texts: readonly string[];
  /** One of `tokenType` for each id. A token that ends generation is a control token, whatever the file says. */
  readonly types: Uint8Array;
  readonly endOfGeneration: ReadonlySet<number>;
  /** The vocabulary with checked ids; special ids that stand for no token are absent. */
  readonly vocabulary: Vocabulary;
  /** Warnings about the vocabulary. */
  readonly warnings: readonly RondoWarning[];
  /** The id of a text among all tokens. */
  idOf(text: string): number | undefined;
  /** Whether plain text may become this token: it is no control, unknown or byte token. */
  isPlain(id: number): boolean;
  /** The id of a text among the tokens that plain text may become. */
  plainIdOf(text: string): number | undefined;
}

const byteTokenText = /^<0x([0-9A-Fa-f]{2})>$/;

/** The byte of a token such as `<0x0A>`; undefined if the text has another form. */
export function byteOfTokenText(text: string): number | undefined {
  const digits = byteTokenText.exec(text)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function bad(message: string, details: Readonly<Record<string, unknown>>): RondoError {
  return new RondoError('BAD_VOCABULARY', `${message} The file is damaged or was converted wrongly.`, {
    details,
  });
}

/**
 * Checks a vocabulary and indexes it.
 *
 * @throws RondoError `BAD_VOCABULARY` for a malformed byte token, a duplicate token, an id outside the vocabulary, arrays
 * of different lengths or a score that is no number
 */
export function createTokenTable(given: Vocabulary): TokenTable {
  const size = given.tokens.length;
  if (size === 0) throw bad('tokenizer.ggml.tokens is empty.', { tokens: 0 });
  checkLengths(given, size);
  const { vocabulary, warnings } = checkedIds(given, size);

  const texts = vocabulary.tokens.map((text, id) => (text === '' ? `[EMPTY_${id}]` : text));
  const idOf = new Map<string, number>();
  for (const [id, text] of texts.entries()) {
    const first = idOf.get(text);
    if (first !== undefined) {
      throw bad(`Tokens ${first} and ${id} are both ${quoted(text)}.`, { text, ids: [first, id] });
    }
    idOf.set(text, id);
  }

  const types = readTypes(vocabulary, texts);
  const endOfGeneration = endOfGenerationIds(idOf);
  for (const id of [...endOfGeneration, ...fillInIds(idOf)]) types[id] = tokenType.control;
  for (const id of [vocabulary.eosId, vocabulary.eotId, vocabulary.eomId]) {
    if (id !== undefined) endOfGeneration.add(id);
  }
  const { bosId, eosId, eotId, eomId, separatorId, fillInIds: fillIn = [] } = vocabulary;
  for (const id of [bosId, eosId, eotId, eomId, separatorId, ...fillIn]) {
    if (id === undefined) continue;
    // Some files call special tokens normal. A text in brackets then becomes a control token; a word of the language stays a
    // word.
    const looksSpecial = types[id] === tokenType.normal && /^[<[].*[>\]]$/su.test(texts[id] ?? '');
    if (looksSpecial || types[id] === tokenType.userDefined) types[id] = tokenType.control;
  }

  const isPlain = (id: number): boolean => {
    const type = types[id];
    return type !== tokenType.control && type !== tokenType.unknown && type !== tokenType.byte;
  };
  return {
    size,
    texts,
    types,
    endOfGeneration,
    vocabulary,
    warnings,
    idOf: (text) => idOf.get(text),
    isPlain,
    plainIdOf(text) {
      const id = idOf.get(text);
      return id !== undefined && isPlain(id) ? id : undefined;
    },
  };
}

function checkLengths(vocabulary: Vocabulary, size: number): void {
  for (const [key, array] of [
    ['token_type', vocabulary.tokenTypes],
    ['scores', vocabulary.scores],
  ] as const) {
    if (array !== undefined && array.length !== size) {
      throw bad(`tokenizer.ggml.${key} has ${array.length} entries for ${size} tokens.`, {
        key,
        length: array.length,
        tokens: size,
      });
    }
  }
  const id = Array.from(vocabulary.scores ?? []).findIndex(Number.isNaN);
  if (id >= 0) throw bad(`The score of token ${id} is not a number.`, { id });
}

/** Ids of special tokens by the name in their key. */
const idFields = [
  ['bos', 'bosId'],
  ['eos', 'eosId'],
  ['eot', 'eotId'],
  ['eom', 'eomId'],
  ['unknown', 'unknownId'],
  ['seperator', 'separatorId'],
] as const;

function checkedIds(
  given: Vocabulary,
  size: number,
): { readonly vocabulary: Vocabulary; readonly warnings: readonly RondoWarning[] } {
  const absent = idFields.filter(([, field]) => given[field] === noToken);
  const fillIds = given.fillInIds?.map((id) =>
    id !== undefined && id !== noToken && id >= 0 && id < size ? id : undefined,
  );
  const vocabulary: Vocabulary = {
    ...given,
    ...Object.fromEntries(absent.map(([, field]) => [field, undefined])),
    fillInIds: fillIds,
  };
  for (const [key, field] of idFields) {
    const id = vocabulary[field];
    if (id === undefined || (Number.isInteger(id) && id >= 0 && id < size)) continue;
    throw bad(`tokenizer.ggml.${key}_token_id is ${id}, outside a vocabulary of ${size} tokens.`, {
      key: `${key}_token_id`,
      id,
      tokens: size,
    });
  }
  if (absent.length === 0) return { vocabulary, warnings: [] };
  const keys = absent.map(([key]) => `tokenizer.ggml.${key}_token_id`).join(', ');
  const message = `The file says ${noToken} for ${keys}, which stands for "no such token". Rondo goes on as if it said nothing.`;
  return { vocabulary, warnings: [{ code: 'ODD_TOKENIZER', message }] };
}

function readTypes(vocabulary: Vocabulary, texts: readonly string[]): Uint8Array {
  const { tokenTypes } = vocabulary;
  const types = new Uint8Array(texts.length).fill(tokenType.normal);
  for (const [id, text] of texts.entries()) {
    if (tokenTypes !== undefined) types[id] = tokenTypes[id] ?? tokenType.undefined;
    // Old SentencePiece files have no types; there the form alone makes a byte token.
    else if (vocabulary.model === 'llama' && text.startsWith('<0x') && text.endsWith('>'))
      types[id] = tokenType.byte;
    if (types[id] === tokenType.byte && byteOfTokenText(text) === undefined) {
      throw bad(`Token ${id} is a byte token, but ${quoted(text)} is not of the form <0x0A>.`, {
        id,
        text,
      });
    }
  }
  return types;
}
