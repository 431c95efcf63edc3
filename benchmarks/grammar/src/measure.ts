// Times of compiling, of masks and of accepted tokens.
import { createMatcher, grammarOf, type Grammar, type TokenTrie } from '@rondo/grammar';
import { sampleSchema, seeded, type Random } from './schemas.ts';

/** Percentiles of times, in microseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The times of one schema. */
export interface SchemaTimes {
  readonly schemaBytes: number;
  readonly compileMs: number;
  readonly grammarBytes: number;
  /** Masks along texts that satisfy the schema, with a grammar that was compiled just before each text. */
  readonly firstText: Percentiles;
  /** Masks along further texts. */
  readonly furtherTexts: Percentiles;
  /** Masks along random tokens of the mask. */
  readonly randomTokens: Percentiles;
  readonly accept: Percentiles;
  readonly rollback: Percentiles;
}

/** Percentiles of times. */
export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { count: times.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

interface Times {
  readonly mask: number[];
  readonly accept: number[];
  readonly rollback: number[];
}

/** Measures one schema: `grammars` times a new grammar, each with `texts` texts. */
export function measureSchema(
  trie: TokenTrie,
  endTokens: readonly number[],
  bytes: number,
  grammars: number,
  texts: number,
): SchemaTimes {
  const { schema, value } = sampleSchema(bytes, bytes);
  const random = seeded(3);
  const first: Times = { mask: [], accept: [], rollback: [] };
  const further: Times = { mask: [], accept: [], rollback: [] };
  const randomTimes: Times = { mask: [], accept: [], rollback: [] };
  const compileTimes: number[] = [];
  let grammar: Grammar | undefined;
  for (let i = 0; i < grammars; i++) {
    const startMs = performance.now();
    grammar = grammarOf({ schema });
    compileTimes.push(performance.now() - startMs);
    for (let text = 0; text < texts; text++) {
      follow(trie, grammar, endTokens, JSON.stringify(value(random)), text === 0 ? first : further);
    }
    wander(trie, grammar, endTokens, random, randomTimes);
  }
  return {
    schemaBytes: JSON.stringify(schema).length,
    compileMs: compileTimes.toSorted((a, b) => a - b)[compileTimes.length >> 1] ?? Number.NaN,
    grammarBytes: grammar?.bytes ?? 0,
    firstText: percentiles(first.mask),
    furtherTexts: percentiles(further.mask),
    randomTokens: percentiles(randomTimes.mask),
    accept: percentiles([...first.accept, ...further.accept]),
    rollback: percentiles([...first.rollback, ...further.rollback]),
  };
}

/** Follows a text in its longest tokens. @throws Error if a mask forbids the text */
function follow(
  trie: TokenTrie,
  grammar: Grammar,
  endTokens: readonly number[],
  text: string,
  times: Times,
): void {
  const matcher = createMatcher(grammar, trie, { endTokens });
  for (const token of longestTokens(trie, new TextEncoder().encode(text))) {
    const startMs = performance.now();
    const mask = matcher.mask();
    const maskedMs = performance.now();
    if (((mask[token >>> 5] >>> (token & 31)) & 1) === 0)
      throw new Error(`The mask forbids a token of ${text}.`);
    const acceptMs = performance.now();
    matcher.accept(token);
    const acceptedMs = performance.now();
    matcher.rollback(1);
    const rolledBackMs = performance.now();
    matcher.accept(token);
    times.mask.push(1000 * (maskedMs - startMs));
    times.accept.push(1000 * (acceptedMs - acceptMs));
    times.rollback.push(1000 * (rolledBackMs - acceptedMs));
  }
  if (!matcher.canEnd) throw new Error(`The grammar does not end after ${text}.`);
}

/** Follows 400 random tokens, or fewer if the text ends. */
function wander(
  trie: TokenTrie,
  grammar: Grammar,
  endTokens: readonly number[],
  random: Random,
  times: Times,
): void {
  const matcher = createMatcher(grammar, trie, { endTokens });
  for (let i = 0; i < 400 && !matcher.isFinished; i++) {
    const startMs = performance.now();
    const mask = matcher.mask();
    times.mask.push(1000 * (performance.now() - startMs));
    let token = Math.floor(random() * trie.tokens);
    while (((mask[token >>> 5] >>> (token & 31)) & 1) === 0) token = (token + 1) % trie.tokens;
    matcher.accept(token);
  }
}

function longestTokens(trie: TokenTrie, bytes: Uint8Array): number[] {
  const tokens: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    let node = 0;
    let best = -1;
    let end = at;
    for (let i = at; i < bytes.length; i++) {
      node = trie.child(node, bytes[i] ?? 0);
      if (node < 0) break;
      const token = trie.tokenAt[node] ?? -1;
      if (token >= 0) {
        best = token;
        end = i + 1;
      }
    }
    if (best < 0) throw new Error('The vocabulary cannot spell the text.');
    tokens.push(best);
    at = end;
  }
  return tokens;
}
