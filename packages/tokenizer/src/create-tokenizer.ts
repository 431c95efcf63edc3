// Creates a tokenizer from a vocabulary: chooses its kind, cuts out special tokens, and adds the tokens that begin and
// end a text.
import { RondoError, shownValue, type RondoWarning } from '@rondo/errors';
import { createDecoderFactory, createTokenSpelling } from './decoder.ts';
import { appendInSteps, checkFits, lengthBound } from './encode-in-steps.ts';
import { spaceEaters, withoutEatenSpaces, type SpaceEaters } from './eaten-spaces.ts';
import { fillInTokens } from './fill-in.ts';
import { createSpecialTokenSplitter, type Fragment } from './special-tokens.ts';
import { createTokenTable, type TokenTable } from './token-table.ts';
import { createTokenizerModel, type TokenizerModel } from './tokenizer-models.ts';
import type { EncodeOptions, EncodeStepsOptions, TextPart, Tokenizer } from './tokenizer.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';

function checkText(text: unknown): void {
  if (typeof text === 'string') return;
  throw new RondoError('BAD_ARGUMENT', `The text must be a string, not ${shownValue(text)}.`, {
    details: { found: text },
  });
}

function checkIds(ids: unknown): void {
  if (typeof ids === 'object' && ids !== null && Symbol.iterator in ids) return;
  throw new RondoError('BAD_ARGUMENT', `The ids must be a list of numbers, not ${shownValue(ids)}.`, {
    details: { found: ids },
  });
}

// Plain text is joined across the boundaries of parts; special tokens are searched within each part.
function splitParts(
  parts: Iterable<TextPart>,
  splitSpecial: (text: string, special: boolean) => readonly Fragment[],
  eaters: SpaceEaters | undefined,
): Fragment[] {
  const fragments: Fragment[] = [];
  for (const { text, special } of parts) {
    checkText(text);
    for (const fragment of splitSpecial(text.toWellFormed(), special)) {
      const last = fragments.at(-1);
      if (typeof fragment === 'string' && typeof last === 'string') {
        fragments[fragments.length - 1] = last + fragment;
      } else fragments.push(fragment);
    }
  }
  return eaters === undefined ? fragments : withoutEatenSpaces(fragments, eaters);
}

function within(table: TokenTable, id: number | undefined): number | undefined {
  return id !== undefined && id < table.size ? id : undefined;
}

/**
 * Creates the tokenizer of a vocabulary. Its ids are the ids of llama.cpp, with one deliberate difference: plain text
 * never becomes a control token, even if the pieces of a token's text would merge into it.
 *
 * @throws RondoError `BAD_VOCABULARY` for a contradictory vocabulary, `UNSUPPORTED_TOKENIZER` for an unknown kind or
 * pre-tokenizer
 */
export function createTokenizer(given: Vocabulary): Tokenizer {
  const table = createTokenTable(given);
  const { vocabulary } = table;
  const kind = createTokenizerModel(vocabulary, table);
  const splitSpecial = createSpecialTokenSplitter(table);
  const eaters = spaceEaters(vocabulary, table);
  const spelling = createTokenSpelling(table, kind.codec);
  const createDecoder = createDecoderFactory(table, spelling, kind.dropsFirstSpace ?? false);

  const bosId = vocabulary.bosId ?? within(table, kind.defaultBosId);
  const eosId = vocabulary.eosId ?? within(table, kind.defaultEosId);
  const endId = kind.endsWithSeparator === true ? vocabulary.separatorId : eosId;
  const addsEnd =
    kind.endsWithSeparator === true
      ? endId !== undefined
      : (vocabulary.addEos ?? (kind.addEos === true && endId !== undefined));
  const addsBosByDefault = kind.addBos && bosId !== undefined;
  const addsBos = kind.alwaysAddBos === true ? addsBosByDefault : (vocabulary.addBos ?? addsBosByDefault);
  if (addsBos && bosId === undefined) throw missingId('add_bos_token', 'bos_token_id');
  if (addsEnd && endId === undefined) throw missingId('add_eos_token', 'eos_token_id');

  const checkBos = (withBos: boolean): void => {
    if (withBos && bosId === undefined) {
      throw new RondoError(
        'BAD_ARGUMENT',
        'addBos is true, but the vocabulary has no bos_token_id. Leave it out.',
      );
    }
  };

  const encodeParts = (parts: Iterable<TextPart>, withBos = addsBos, withEnd = addsEnd): Uint32Array => {
    checkBos(withBos);
    const fragments = splitParts(parts, splitSpecial, eaters);
    const output: number[] = [];
    if (withBos && bosId !== undefined && fragments[0] !== bosId) output.push(bosId);
    let afterSpecial = true;
    for (const fragment of fragments) {
      if (typeof fragment === 'number') output.push(fragment);
      else kind.codec.encode(fragment, afterSpecial, output);
      afterSpecial = typeof fragment === 'number';
    }
    if (withEnd && endId !== undefined) output.push(endId);
    return Uint32Array.from(output);
  };

  const bound = lengthBound(table, kind.codec, eaters !== undefined);
  const encodePartsInSteps = async (
    given: Iterable<TextPart>,
    { addBos, ...options }: Pick<EncodeOptions, 'addBos'> & EncodeStepsOptions = {},
  ): Promise<Uint32Array> => {
    const withBos = addBos ?? addsBos;
    checkBos(withBos);
    options.signal?.throwIfAborted();
    const parts = [...given];
    for (const { text } of parts) checkText(text);
    checkFits(bound.leastTokens(parts), options.mostTokens ?? Infinity);
    const fragments = splitParts(parts, splitSpecial, eaters);
    const output: number[] = [];
    if (withBos && bosId !== undefined && fragments[0] !== bosId) output.push(bosId);
    await appendInSteps(fragments, kind.codec, output, options);
    if (addsEnd && addBos !== false && endId !== undefined) output.push(endId);
    return Uint32Array.from(output);
  };

  return {
    warnings: [...table.warnings, ...(kind.warnings ?? []), ...bosWarnings(kind, vocabulary)],
    vocabularySize: table.size,
    bosId,
    eosId,
    fillIn: fillInTokens(vocabulary.fillInIds ?? [], table.idOf),
    addsBos,
    encode: (text, { special = false, addBos } = {}) =>
      encodeParts([{ text, special }], addBos, addsEnd && addBos !== false),
    encodeParts: (parts, { addBos } = {}) => encodeParts(parts, addBos, addsEnd && addBos !== false),
    encodeInSteps: (text, { special = false, ...options } = {}) =>
      encodePartsInSteps([{ text, special }], options),
    encodePartsInSteps,
    decode(ids, options) {
      checkIds(ids);
      const decoder = createDecoder(options);
      let text = '';
      for (const id of ids) text += decoder.push(id);
      return text + decoder.end();
    },
    decoder: createDecoder,
    isEndOfGeneration: (id) => table.endOfGeneration.has(id) || (id === eosId && eosId !== undefined),
    isControl: (id) => table.types[id] === tokenType.control || table.types[id] === tokenType.unknown,
    tokenText: (id) => vocabulary.tokens[id],
    tokenBytes: (id) => (table.types[id] === undefined ? undefined : spelling(id)),
  };
}

/** Warns that the metadata asks for no beginning-of-text token, although the model needs it. */
function bosWarnings({ alwaysAddBos }: TokenizerModel, { addBos }: Vocabulary): RondoWarning[] {
  if (alwaysAddBos !== true || addBos !== false) return [];
  const message =
    'The file says that its texts begin with no beginning-of-text token (tokenizer.ggml.add_bos_token is false), but models of this pre-tokenizer were trained with one: Rondo adds it.';
  return [{ code: 'ODD_TOKENIZER', message }];
}

function missingId(flag: string, key: string): RondoError {
  return new RondoError(
    'BAD_VOCABULARY',
    `tokenizer.ggml.${flag} is true, but tokenizer.ggml.${key} is missing. Convert the model again.`,
    { details: { flag, key } },
  );
}
