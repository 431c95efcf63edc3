// Times of compiling, of masks and of accepted tokens.
import { median } from '@rondo/bench-shared';
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
  /** Making the first matcher of a grammar and a vocabulary, which looks ahead at the inside of strings. */
  readonly firstMatcherMs: number;
  /** Masks along the first text of each run, right after compiling. */
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

/** Times of the same operations in several runs: `runs[r][i]` are the microseconds of operation i in run r. */
interface Runs {
  readonly runs: number[][];
}

/** Runs something and adds its microseconds to the last run. */
function timed<Result>({ runs }: Runs, run: () => Result): Result {
  const startMs = performance.now();
  const result = run();
  runs.at(-1)?.push(1000 * (performance.now() - startMs));
  return result;
}

/**
 * Percentiles of the medians that each operation has over the runs. A run meets the same operations in the same order, so
 * the median leaves out that another process took the processor away once.
 */
function summarized({ runs }: Runs): Percentiles {
  const [first = []] = runs;
  return percentiles(first.map((_, i) => median(runs.map((run) => run[i] ?? Number.NaN))));
}

/** The subject of a measurement. */
interface Subject {
  readonly trie: TokenTrie;
  readonly endTokens: readonly number[];
}

/** Measures one schema in runs that all begin with compiling it. The same `texts` texts are followed in each run. */
export function measureSchema(subject: Subject, bytes: number, runs: number, texts: number): SchemaTimes {
  const { schema, value } = sampleSchema(bytes, bytes);
  const sample = seeded(3);
  const values = Array.from({ length: texts }, () => JSON.stringify(value(sample)));
  const names = ['compile', 'firstMatcher', 'first', 'further', 'wandering', 'accept', 'rollback'] as const;
  const times = Object.fromEntries(names.map((name) => [name, { runs: [] }])) as unknown as Record<
    (typeof names)[number],
    Runs
  >;
  let grammarBytes = 0;
  for (let i = 0; i < runs; i++) {
    for (const name of names) times[name].runs.push([]);
    const grammar = timed(times.compile, () => grammarOf({ schema }));
    grammarBytes = grammar.bytes;
    timed(times.firstMatcher, () => createMatcher(grammar, subject.trie, subject));
    for (const [text, json] of values.entries()) {
      follow(subject, grammar, json, { ...times, mask: text === 0 ? times.first : times.further });
    }
    wander(subject, grammar, seeded(5), times.wandering);
  }
  return {
    schemaBytes: JSON.stringify(schema).length,
    compileMs: summarized(times.compile).p50 / 1000,
    grammarBytes,
    firstMatcherMs: summarized(times.firstMatcher).p50 / 1000,
    firstText: summarized(times.first),
    furtherTexts: summarized(times.further),
    randomTokens: summarized(times.wandering),
    accept: summarized(times.accept),
    rollback: summarized(times.rollback),
  };
}

/** Tokens of a text that are followed, at most. */
const mostTokens = 2000;

/** Follows a text in its longest tokens. @throws Error if a mask forbids the text */
function follow(
  { trie, endTokens }: Subject,
  grammar: Grammar,
  text: string,
  times: { readonly mask: Runs; readonly accept: Runs; readonly rollback: Runs },
): void {
  const matcher = createMatcher(grammar, trie, { endTokens });
  const tokens = longestTokens(trie, new TextEncoder().encode(text));
  for (const token of tokens.slice(0, mostTokens)) {
    const mask = timed(times.mask, () => matcher.mask());
    if (((mask[token >>> 5] >>> (token & 31)) & 1) === 0)
      throw new Error(`The mask forbids a token of ${text}.`);
    timed(times.accept, () => matcher.accept(token));
    timed(times.rollback, () => matcher.rollback(1));
    matcher.accept(token);
  }
  if (tokens.length <= mostTokens && !matcher.canEnd)
    throw new Error(`The grammar does not end after ${text}.`);
}

/** Follows 400 random tokens, or fewer if the text ends. */
function wander({ trie, endTokens }: Subject, grammar: Grammar, random: Random, times: Runs): void {
  const matcher = createMatcher(grammar, trie, { endTokens });
  for (let i = 0; i < 400 && !matcher.isFinished; i++) {
    const mask = timed(times, () => matcher.mask());
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
