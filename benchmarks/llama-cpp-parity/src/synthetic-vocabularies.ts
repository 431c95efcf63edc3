// Vocabularies whose merges join any neighbours in generated texts. A word cut at another place therefore gives other
// ids, and two tokenizers agree only if they cut alike.
import { someTexts, specialTexts } from './generated-texts.ts';

/** Types of tokens. Source: llama.h, `llama_token_type`. */
const normal = 1;
const unknown = 2;
const control = 3;
const userDefined = 4;
const byte = 6;

/** Tokens and merges. */
export interface SyntheticVocabulary {
  readonly tokens: readonly string[];
  readonly tokenTypes: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
}

const special: readonly (readonly [string, number])[] = [
  ['<s>', control],
  ['</s>', control],
  ['<|im_end|>', control],
  ['<tool>', userDefined],
  ['<mask>', control],
];

/**
 * Whether a token is part of a special token. llama.cpp would join such parts to a special token even in plain text;
 * Rondo never does.
 */
const spellsSpecial = (text: string): boolean => text.length > 1 && /[<>]/.test(text);

/** Words that are tokens, although no merge makes them. */
const wholeWords = [
  'hello',
  ' world',
  ' the',
  ' Hello',
  "'LL",
  'ALLCAPS',
  '12',
  '123',
  ' don',
  '\n\n',
  '\n\n\n',
];

// Written anew, so that a mistake in the package's own table shows.
function gpt2Alphabet(): string[] {
  const isPrintable = (b: number): boolean => (b > 32 && b < 127) || (b > 160 && b < 256 && b !== 173);
  let moved = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(isPrintable(b) ? b : moved++));
}

const byteTexts = Array.from(
  { length: 256 },
  (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`,
);

/** Joins the most frequent pairs of the symbols repeatedly; the symbols are texts. */
function learnMerges(
  symbols: string[],
  taken: ReadonlySet<string>,
  rounds: number,
  perRound: number,
): [string, string][] {
  const merges = new Map<string, [string, string]>();
  const tokens = new Set(taken);
  let current = symbols;
  for (let round = 0; round < rounds; round++) {
    const counts = new Map<string, { left: string; right: string; count: number }>();
    for (let at = 1; at < current.length; at++) {
      const [left = '', right = ''] = [current[at - 1], current[at]];
      if (left === '' || right === '') continue;
      const pair = counts.get(`${left}\u0000${right}`) ?? { left, right, count: 0 };
      pair.count++;
      counts.set(`${left}\u0000${right}`, pair);
    }
    const best = [...counts.values()]
      .filter(({ left, right, count }) => count > 1 && !tokens.has(left + right))
      .sort((a, b) => b.count - a.count || (a.left + a.right < b.left + b.right ? -1 : 1))
      .slice(0, perRound);
    const learned = new Set<string>();
    for (const { left, right } of best) {
      if (tokens.has(left + right)) continue;
      tokens.add(left + right);
      merges.set(`${left}\u0000${right}`, [left, right]);
      learned.add(`${left}\u0000${right}`);
    }
    const next: string[] = [];
    for (let at = 0; at < current.length; at++) {
      const [left = '', right = ''] = [current[at], current[at + 1]];
      if (learned.has(`${left}\u0000${right}`)) {
        next.push(left + right);
        at++;
      } else next.push(left);
    }
    current = next;
  }
  return [...merges.values()];
}

/** Symbols of all texts, with an empty symbol between two texts. */
const symbolsOf = (texts: readonly string[], split: (text: string) => string[]): string[] =>
  texts.flatMap((text) => [...split(text.toWellFormed()), '']);

function bytePairVocabulary(
  first: readonly (readonly [string, number])[],
  symbols: string[],
  spell: (word: string) => string,
): SyntheticVocabulary {
  const entries = new Map<string, number>([...first, ...special]);
  for (const word of wholeWords) entries.set(spell(word), normal);
  const merges = learnMerges(symbols, new Set([...entries.keys(), ...specialTexts]), 5, 500);
  for (const [left, right] of merges) entries.set(left + right, normal);
  return {
    tokens: [...entries.keys()],
    tokenTypes: [...entries.values()],
    merges: merges.map(([left, right]) => `${left} ${right}`),
  };
}

/** Bytes in the alphabet of GPT-2. */
export function bytesVocabulary(): SyntheticVocabulary {
  const alphabet = gpt2Alphabet();
  const spelled = (text: string): string[] => Array.from(Buffer.from(text), (b) => alphabet[b] ?? '');
  return bytePairVocabulary(
    alphabet.map((text) => [text, normal]),
    symbolsOf(someTexts(7, 1500), spelled),
    (word) => spelled(word).join(''),
  );
}

/** Plain characters, and byte tokens for rare characters. */
export function charactersVocabulary(marksSpaces: boolean): SyntheticVocabulary {
  const marked = (text: string): string => (marksSpaces ? text.replaceAll(' ', '\u2581') : text);
  const symbols = symbolsOf(someTexts(8, 1500), (text) => [...marked(text)]);
  const counts = new Map<string, number>();
  for (const character of symbols) counts.set(character, (counts.get(character) ?? 0) + 1);
  const frequent = [...counts].filter(([text, count]) => count > 3 && text !== '' && text !== '\0');
  const known = new Set(frequent.map(([text]) => text));
  return bytePairVocabulary(
    [...byteTexts.map((text) => [text, byte] as const), ...frequent.map(([text]) => [text, normal] as const)],
    symbols.map((text) => (known.has(text) && (marksSpaces || text !== ' ') ? text : '')),
    marked,
  );
}

/** Runs of characters with scores, for SentencePiece and unigram. */
export function scoredVocabulary(): SyntheticVocabulary {
  const { tokens, tokenTypes } = charactersVocabulary(true);
  const entries = new Map<string, number>([
    ['<pad>', control],
    ['</s>', control],
    ['<unk>', unknown],
  ]);
  for (const [id, text] of tokens.entries()) {
    const type = tokenTypes[id] ?? normal;
    if (!entries.has(text) && (type !== normal || !spellsSpecial(text))) entries.set(text, type);
  }
  return {
    tokens: [...entries.keys()],
    tokenTypes: [...entries.values()],
    scores: [...entries.keys()].map((text, id) => -Math.fround(4 + (id % 97) / 11 - text.length / 3)),
  };
}

/** Bytes as Python prints them, and runs of bytes. */
export function escapedVocabulary(): SyntheticVocabulary {
  const escape = (bytes: Buffer): string =>
    Array.from(bytes, (b) => {
      const name = { 9: '\\t', 10: '\\n', 13: '\\r', 39: "\\'", 92: '\\\\' }[b];
      if (name !== undefined) return name;
      return b >= 32 && b < 127 ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`;
    }).join('');
  const symbols = symbolsOf(someTexts(9, 1500), (text) =>
    Array.from(Buffer.from(text), (b) => String.fromCharCode(b)),
  );
  const runs = learnMerges(symbols, new Set(), 5, 500).map(([left, right]) => left + right);
  const bytes = Array.from({ length: 256 }, (_, b) => String.fromCharCode(b));
  const texts = [...bytes, ...runs]
    .filter((text) => !spellsSpecial(text))
    .map((text) => escape(Buffer.from(text, 'latin1')));
  return { tokens: ['<start>', ...texts], tokenTypes: [control, ...texts.map(() => normal)] };
}
