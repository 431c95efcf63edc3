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

/** Percentiles by the clock, and by the time that this thread ran: other processes count only in the first. */
export interface Timings {
  readonly wall: Percentiles;
  readonly cpu: Percentiles;
}

/** The times of one schema. */
export interface SchemaTimes {
  readonly schemaBytes: number;
  readonly compileMs: number;
  readonly grammarBytes: number;
  /** Making the first matcher of a grammar and a vocabulary, which looks ahead at the inside of strings. */
  readonly firstMatcherMs: number;
  /** Masks along texts that satisfy the schema, with a grammar that was compiled just before each text. */
  readonly firstText: Timings;
  /** Masks along further texts. */
  readonly furtherTexts: Timings;
  /** Masks along random tokens of the mask. */
  readonly randomTokens: Timings;
  readonly accept: Timings;
  readonly rollback: Timings;
}

/** Percentiles of times. */
export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { count: times.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

interface Times {
  readonly wall: number[];
  readonly cpu: number[];
}

const noTimes = (): Times => ({ wall: [], cpu: [] });

/** Runs something and adds its microseconds. */
function timed<Result>(times: Times, run: () => Result): Result {
  const cpu = process.threadCpuUsage();
  const startMs = performance.now();
  const result = run();
  times.wall.push(1000 * (performance.now() - startMs));
  const { user, system } = process.threadCpuUsage(cpu);
  times.cpu.push(user + system);
  return result;
}

function timingsOf({ wall, cpu }: Times): Timings {
  return { wall: percentiles(wall), cpu: percentiles(cpu) };
}

/** The subject of a measurement. */
interface Subject {
  readonly trie: TokenTrie;
  readonly endTokens: readonly number[];
}

/** Measures one schema: `grammars` times a new grammar, each with `texts` texts. */
export function measureSchema(subject: Subject, bytes: number, grammars: number, texts: number): SchemaTimes {
  const { schema, value } = sampleSchema(bytes, bytes);
  const random = seeded(3);
  const compile = noTimes();
  const firstMatcher = noTimes();
  const first = noTimes();
  const further = noTimes();
  const wandering = noTimes();
  const accept = noTimes();
  const rollback = noTimes();
  let grammarBytes = 0;
  for (let i = 0; i < grammars; i++) {
    const grammar = timed(compile, () => grammarOf({ schema }));
    grammarBytes = grammar.bytes;
    timed(firstMatcher, () => createMatcher(grammar, subject.trie, subject));
    for (let text = 0; text < texts; text++) {
      const mask = text === 0 ? first : further;
      follow(subject, grammar, JSON.stringify(value(random)), { mask, accept, rollback });
    }
    wander(subject, grammar, random, wandering);
  }
  return {
    schemaBytes: JSON.stringify(schema).length,
    compileMs: percentiles(compile.cpu).p50 / 1000,
    grammarBytes,
    firstMatcherMs: percentiles(firstMatcher.cpu).p50 / 1000,
    firstText: timingsOf(first),
    furtherTexts: timingsOf(further),
    randomTokens: timingsOf(wandering),
    accept: timingsOf(accept),
    rollback: timingsOf(rollback),
  };
}

/** Tokens of a text that are followed, at most. */
const mostTokens = 2000;

/** Follows a text in its longest tokens. @throws Error if a mask forbids the text */
function follow(
  { trie, endTokens }: Subject,
  grammar: Grammar,
  text: string,
  times: { readonly mask: Times; readonly accept: Times; readonly rollback: Times },
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
function wander({ trie, endTokens }: Subject, grammar: Grammar, random: Random, times: Times): void {
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
