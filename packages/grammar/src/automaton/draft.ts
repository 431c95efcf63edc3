// Builds the automaton of rules, as Thompson 1968 (Regular Expression Search Algorithm) does, with calls between rules.
import { createIntegers } from '../common/integers.ts';
import { badGrammar } from '../errors.ts';
import type { Expression, Rules } from '../language/expression.ts';
import { byteSequencesOf } from '../language/utf8-ranges.ts';
import { grammarLimits } from '../limits.ts';
import { kinds, operandBits, type DraftAutomaton, type Repeat, type TokenSet } from './automaton.ts';

/** A small body is copied as often as it repeats, up to this number of copies; a larger body becomes a rule. */
const mostCopies = 8;
/** Parts that a body which is copied has at most. */
const smallParts = 4;

/** The automaton of the rules that the root reaches. @throws RondoError `BAD_GRAMMAR` for an unknown rule or a limit */
export function draftOf(rules: Rules): DraftAutomaton {
  const sources = createIntegers();
  const labels = createIntegers();
  const targets = createIntegers();
  const starts = createIntegers();
  const ends = createIntegers();
  const names: string[] = [];
  const repeats: Repeat[] = [];
  const tokenSets: TokenSet[] = [];
  const byName = new Map<string, number>();
  const byBody = new Map<Expression, number>();
  const waiting: { number: number; body: Expression }[] = [];
  let states = 0;
  let positions = 0;

  function state(): number {
    if (states === grammarLimits.states) {
      throw badGrammar('limit', `it needs more than ${grammarLimits.states} states`);
    }
    return states++;
  }

  function transition(from: number, kind: number, operand: number, to: number): void {
    if (labels.length === grammarLimits.transitions) {
      throw badGrammar('limit', `it needs more than ${grammarLimits.transitions} transitions`);
    }
    sources.push(from);
    labels.push(kind * 2 ** operandBits + operand);
    targets.push(to);
  }

  function declare(name: string, body: Expression): number {
    const number = names.length;
    if (number === grammarLimits.rules) {
      throw badGrammar('limit', `it needs more than ${grammarLimits.rules} rules`);
    }
    names.push(name);
    starts.push(state());
    ends.push(state());
    waiting.push({ number, body });
    return number;
  }

  function ruleNumber(name: string, user: string): number {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const body = rules.bodies.get(name);
    if (body === undefined) throw badGrammar('syntax', `the rule ${name} is not defined`, user);
    const number = declare(name, body);
    byName.set(name, number);
    return number;
  }

  /** The number of a rule for a body inside of another rule. */
  function innerRule(body: Expression, user: string): number {
    if (body.kind === 'rule') return ruleNumber(body.name, user);
    const known = byBody.get(body);
    if (known !== undefined) return known;
    const number = declare(user, body);
    byBody.set(body, number);
    return number;
  }

  /**
   * Adds transitions such that exactly the texts of the expression lead from one state to the other.
   *
   * @param isFresh whether nothing else leaves the first state, so that a loop may lead back to it
   */
  function connect(expression: Expression, from: number, to: number, user: string, isFresh = false): void {
    switch (expression.kind) {
      case 'bytes':
        connectBytes(expression.bytes, from, to);
        break;
      case 'class':
        connectClass(expression, from, to);
        break;
      case 'sequence':
        connectSequence(expression.parts, from, to, user, isFresh);
        break;
      case 'choice':
        connectChoice(expression.options, from, to, user);
        break;
      case 'repeat':
        connectRepeat(expression, from, to, user, isFresh);
        break;
      case 'rule':
        transition(from, kinds.call, ruleNumber(expression.name, user), to);
        break;
      case 'token':
        tokenSets.push(expression);
        transition(from, kinds.token, tokenSets.length - 1, to);
    }
  }

  function connectBytes(bytes: Uint8Array, from: number, to: number): void {
    if (bytes.length === 0) transition(from, kinds.empty, 0, to);
    let at = from;
    for (const [i, byte] of bytes.entries()) {
      const next = i === bytes.length - 1 ? to : state();
      transition(at, kinds.bytes, 257 * byte, next);
      at = next;
    }
  }

  /** The states before the same trailing bytes are shared. */
  function connectClass({ codePoints }: Expression & { kind: 'class' }, from: number, to: number): void {
    const before = new Map<string, number>();
    for (const sequence of byteSequencesOf(codePoints)) {
      let after = to;
      for (const [first, last] of sequence.slice(1).toReversed()) {
        const key = `${first} ${last} ${after}`;
        let at = before.get(key);
        if (at === undefined) {
          at = state();
          transition(at, kinds.bytes, 256 * first + last, after);
          before.set(key, at);
        }
        after = at;
      }
      const [[first, last] = [0, 0]] = sequence;
      transition(from, kinds.bytes, 256 * first + last, after);
    }
  }

  function connectSequence(
    parts: readonly Expression[],
    from: number,
    to: number,
    user: string,
    isFresh = false,
  ): void {
    if (parts.length === 0) transition(from, kinds.empty, 0, to);
    let at = from;
    for (const [i, part] of parts.entries()) {
      const next = i === parts.length - 1 ? to : state();
      connect(part, at, next, user, isFresh || i > 0);
      at = next;
    }
  }

  /** Options that begin with literal bytes share the states of their common beginnings. */
  function connectChoice(options: readonly Expression[], from: number, to: number, user: string): void {
    const split = options.map(splitLiteral);
    const share = split.filter((one) => one !== undefined).length > 1;
    const after = new Map<number, number>();
    for (const [i, option] of options.entries()) {
      const literal = split[i];
      if (!share || literal === undefined) {
        connect(option, from, to, user);
        continue;
      }
      let at = from;
      for (const byte of literal.bytes) {
        const key = 256 * at + byte;
        let next = after.get(key);
        if (next === undefined) {
          next = state();
          transition(at, kinds.bytes, 257 * byte, next);
          after.set(key, next);
        }
        at = next;
      }
      connectSequence(literal.rest, at, to, user);
    }
  }

  function connectRepeat(
    expression: Expression & { kind: 'repeat' },
    from: number,
    to: number,
    user: string,
    isFresh: boolean,
  ): void {
    const { body, min, max } = expression;
    if (max === 0) return transition(from, kinds.empty, 0, to);
    if (max === 1) {
      transition(from, kinds.empty, 0, to);
      return connect(body, from, to, user);
    }
    const isSmall = partsOf(body, smallParts) <= smallParts;
    if (max === Infinity && min === 0) return connectLoop(body, from, to, user, isFresh);
    if (Number.isFinite(max) ? max > mostCopies || !isSmall : min > (isSmall ? mostCopies : 0)) {
      const unit = innerRule(body, user);
      repeats.push({ unit, min, max, after: to, base: positions });
      positions += (max === Infinity ? min : max) + 1;
      return transition(from, kinds.repeat, repeats.length - 1, to);
    }
    let at = from;
    const copies = max === Infinity ? min : max;
    for (let i = 0; i < copies; i++) {
      if (i >= min) transition(at, kinds.empty, 0, to);
      const next = state();
      connect(body, at, next, user);
      at = next;
    }
    if (max === Infinity) connectLoop(body, at, to, user, true);
    else transition(at, kinds.empty, 0, to);
  }

  function connectLoop(body: Expression, from: number, to: number, user: string, isFresh: boolean): void {
    let loop = from;
    if (!isFresh) {
      loop = state();
      transition(from, kinds.empty, 0, loop);
    }
    connect(body, loop, loop, user);
    transition(loop, kinds.empty, 0, to);
  }

  const root = ruleNumber(rules.root, 'the start');
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { number, body } = next;
    connect(body, starts.at(number), ends.at(number), names[number] ?? '', true);
  }
  return {
    states,
    sources: sources.toArray(),
    labels: labels.toArray(),
    targets: targets.toArray(),
    starts: starts.toArray(),
    ends: ends.toArray(),
    names,
    repeats: repeats.map((each) => ({ ...each, base: each.base + states })),
    tokenSets,
    root,
  };
}

/** The literal at the beginning of an expression, and what follows it; undefined without a literal. */
function splitLiteral(
  expression: Expression,
): { bytes: Uint8Array; rest: readonly Expression[] } | undefined {
  if (expression.kind === 'bytes') return { bytes: expression.bytes, rest: [] };
  if (expression.kind !== 'sequence') return undefined;
  const [first, ...rest] = expression.parts;
  return first?.kind === 'bytes' ? { bytes: first.bytes, rest } : undefined;
}

/** The number of parts of an expression, counted up to a little more than `most`. */
function partsOf(expression: Expression, most: number): number {
  switch (expression.kind) {
    case 'bytes':
      return expression.bytes.length;
    case 'class':
      return expression.codePoints.length <= 2 && expression.codePoints[1] < 0x80 ? 1 : 3;
    case 'sequence':
    case 'choice': {
      const parts = expression.kind === 'sequence' ? expression.parts : expression.options;
      let sum = 0;
      for (const part of parts) {
        sum += partsOf(part, most);
        if (sum > most) break;
      }
      return sum;
    }
    case 'repeat':
      return most + 1;
    default:
      return 1;
  }
}
