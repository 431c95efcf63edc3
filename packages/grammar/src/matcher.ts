// Follows a text token by token through a grammar, and tells which tokens may come next.
import { RondoError } from '@rondo/errors';
import { kindOf, kinds, operandOf, type Automaton } from './automaton/automaton.ts';
import { automatonOf, type Grammar } from './compiled-grammar.ts';
import { none, type Configurations } from './engine/configurations.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { createFrames } from './engine/frames.ts';
import { wordsOf } from './engine/token-set.ts';
import type { TokenTrie } from './vocabulary.ts';

/** Options of a matcher. */
export interface MatcherOptions {
  /** The tokens that end a text. They are allowed exactly where the grammar may end. */
  readonly endTokens: readonly number[];
  /**
   * Bytes of outcomes that are kept for a pair of grammar and vocabulary. The first matcher of a pair decides.
   * @default 64 MiB
   */
  readonly keptBytes?: number | undefined;
}

/** A text that follows a grammar. */
export interface Matcher {
  /**
   * The tokens that may come next: bit t % 32 of word t / 32 for token t. The array is the caller's. Without any bit the
   * vocabulary cannot spell what the grammar wants.
   *
   * @throws RondoError `BAD_GRAMMAR` if the text has too many readings
   */
  mask(): Uint32Array;
  /** Whether a token may come next. It is faster than `mask` for a few tokens. */
  allows(token: number): boolean;
  /**
   * Appends a token.
   *
   * @throws RondoError `BAD_ARGUMENT` if the token is not allowed; then nothing changes. `BAD_GRAMMAR` as `mask`
   */
  accept(token: number): void;
  /**
   * Takes back the last tokens. The cost does not depend on the grammar.
   *
   * @throws RondoError `BAD_ARGUMENT` for more tokens than were accepted
   */
  rollback(tokens: number): void;
  /** The number of accepted tokens. */
  readonly length: number;
  /** Whether the text matches the grammar as it stands. After an end token it is false. */
  readonly canEnd: boolean;
  /** Whether nothing may follow but an end token, or an end token was accepted. */
  readonly isFinished: boolean;
  /**
   * The bytes that must come next, in UTF-8: up to the first place with a choice, or up to `mostBytes`. They may end
   * inside a character.
   *
   * @param mostBytes default 256
   */
  forced(mostBytes?: number): Uint8Array;
}

const defaultKeptBytes = 64 * 1024 * 1024;

/** Grammars are compiled for a vocabulary once, and forgotten with either. */
const engines = new WeakMap<TokenTrie, WeakMap<Automaton, Engine>>();

function engineOf(automaton: Automaton, trie: TokenTrie, keptBytes: number): Engine {
  let ofTrie = engines.get(trie);
  if (ofTrie === undefined) engines.set(trie, (ofTrie = new WeakMap()));
  let engine = ofTrie.get(automaton);
  if (engine === undefined) ofTrie.set(automaton, (engine = createEngine(automaton, trie, keptBytes)));
  return engine;
}

/**
 * A matcher at the start of a text. The first matcher of a grammar and a vocabulary takes some 100 ms, because it looks
 * ahead at the inside of strings.
 *
 * @throws RondoError `BAD_ARGUMENT` if `grammarOf` did not make the grammar; `BAD_GRAMMAR` as `mask`
 */
export function createMatcher(grammar: Grammar, trie: TokenTrie, options: MatcherOptions): Matcher {
  const automaton = automatonOf(grammar);
  const { firstTransition, labels, tokenSets } = automaton;
  const { keptBytes = defaultKeptBytes } = options;
  const endTokens = new Set(options.endTokens);
  const engine = engineOf(automaton, trie, keptBytes);
  const { mover } = engine;
  const frames = createFrames();
  const start = mover.at(automaton.starts[automaton.root], frames.bottom, frames);
  /** The configurations after each accepted token; undefined after an end token. */
  const history: (Configurations | undefined)[] = [];

  function current(): Configurations | undefined {
    return history.length === 0 ? start : history.at(-1);
  }

  /** What follows a token; undefined if the token is not allowed. */
  function after(token: number): { next: Configurations | undefined } | undefined {
    const from = current();
    if (from === undefined) return undefined;
    mover.restart();
    if (endTokens.has(token) && from.mayEnd) return { next: undefined };
    const bytes = endTokens.has(token) ? undefined : trie.bytesOf[token];
    let spelled = bytes === undefined ? none : from;
    for (const byte of bytes ?? []) spelled = mover.afterByte(spelled, byte, frames);
    const named = isToken(token) ? afterNamed(from, token) : none;
    const next = joined(spelled, named);
    return next.states.length > 0 || next.mayEnd ? { next } : undefined;
  }

  function isToken(token: number): boolean {
    return Number.isInteger(token) && token >= 0 && token < trie.tokens;
  }

  /** An end token counts as a token of the grammar only where the grammar names it. */
  function afterNamed(from: Configurations, token: number): Configurations {
    if (endTokens.has(token) && !isNamed(from, token)) return none;
    return mover.afterToken(from, token, frames);
  }

  function isNamed(from: Configurations, token: number): boolean {
    return from.states.some((state) => {
      for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
        if (kindOf(labels[t]) !== kinds.token) continue;
        const { ids, negated } = tokenSets[operandOf(labels[t])];
        if (!negated && ids.includes(token)) return true;
      }
      return false;
    });
  }

  function forcedByte({ states, mayEnd }: Configurations): number | undefined {
    if (mayEnd) return undefined;
    let byte: number | undefined;
    for (const state of states) {
      for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
        const kind = kindOf(labels[t]);
        if (kind === kinds.token) return undefined;
        // What follows transitions that read nothing has configurations of its own.
        if (kind !== kinds.bytes) continue;
        const low = labels[t] >> 8;
        if (low !== (labels[t] & 0xff) || (byte !== undefined && byte !== low)) return undefined;
        byte = low;
      }
    }
    return byte;
  }

  return {
    mask() {
      const mask = new Uint32Array(wordsOf(trie.tokens));
      const from = current();
      if (from === undefined) return mask;
      engine.addTokens(from, mask);
      for (const token of endTokens) {
        if (!isToken(token)) continue;
        const bit = 1 << (token & 31);
        mask[token >>> 5] &= ~bit;
        if (from.mayEnd || isNamed(from, token)) mask[token >>> 5] |= bit;
      }
      return mask;
    },
    allows(token) {
      return after(token) !== undefined;
    },
    accept(token) {
      const found = after(token);
      if (found === undefined) {
        throw new RondoError('BAD_ARGUMENT', `The grammar does not allow token ${String(token)} here.`, {
          details: { token, position: history.length },
        });
      }
      history.push(found.next);
    },
    rollback(tokens) {
      if (!Number.isInteger(tokens) || tokens < 0 || tokens > history.length) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `Of ${history.length} accepted tokens, ${String(tokens)} cannot be taken back.`,
          { details: { tokens, accepted: history.length } },
        );
      }
      history.length -= tokens;
    },
    get length() {
      return history.length;
    },
    get canEnd() {
      return current()?.mayEnd ?? false;
    },
    get isFinished() {
      const from = current();
      return from === undefined || (from.mayEnd && from.states.length === 0);
    },
    forced(mostBytes = 256) {
      const bytes: number[] = [];
      mover.restart();
      let at = current() ?? none;
      while (bytes.length < mostBytes) {
        const byte = forcedByte(at);
        if (byte === undefined) break;
        bytes.push(byte);
        at = mover.afterByte(at, byte, frames);
      }
      return Uint8Array.from(bytes);
    },
  };
}

/** The configurations of both, each once. */
function joined(a: Configurations, b: Configurations): Configurations {
  if (b.states.length === 0 && !b.mayEnd) return a;
  if (a.states.length === 0 && !a.mayEnd) return b;
  const states = [...a.states];
  const frames = [...a.frames];
  for (const [i, state] of b.states.entries()) {
    if (a.states.some((each, k) => each === state && a.frames[k] === b.frames[i])) continue;
    states.push(state);
    frames.push(b.frames[i]);
  }
  return { states, frames, mayEnd: a.mayEnd || b.mayEnd };
}
