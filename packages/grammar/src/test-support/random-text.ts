// Random texts of rules, and small changes to them.
import type { Expression } from '../language/expression.ts';
import { rangesOf } from '../language/code-points.ts';

/** Numbers from 0 to below 1. */
export type Random = () => number;

/** Numbers that are the same for the same seed. Source: mulberry32 of Tommy Ettinger, public domain. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const decoder = new TextDecoder();

/** Nesting of rules from which on repetitions and options are as few as possible. */
const deep = 12;

/** A random text of a rule. */
export function randomText(bodies: ReadonlyMap<string, Expression>, root: string, random: Random): string {
  const below = (limit: number): number => Math.floor(random() * limit);

  function text(expression: Expression, depth: number): string {
    switch (expression.kind) {
      case 'bytes':
        return decoder.decode(expression.bytes);
      case 'class':
        return randomCharacter(rangesOf(expression.codePoints));
      case 'sequence':
        return expression.parts.map((part) => text(part, depth + 1)).join('');
      case 'choice': {
        const { options } = expression;
        const index = depth > deep ? leastDeep(options) : below(options.length);
        const option = options[index];
        if (option === undefined) throw new Error('A choice of nothing has no text.');
        return text(option, depth + 1);
      }
      case 'repeat': {
        const { body, min, max } = expression;
        const most = depth > deep ? min : Math.min(max, min + 3);
        const times = max < 20 && random() < 0.2 ? min + below(max - min + 1) : min + below(most - min + 1);
        return Array.from({ length: depth > deep ? min : times }, () => text(body, depth + 1)).join('');
      }
      case 'rule': {
        const body = bodies.get(expression.name);
        if (body === undefined) throw new Error(`The rule ${expression.name} is missing.`);
        return text(body, depth + 1);
      }
      case 'token':
        throw new Error('Tokens have no text.');
    }
  }

  /** Mostly printable ASCII where the class has it, as it is likelier to meet other rules. */
  function randomCharacter(ranges: readonly [number, number][]): string {
    const printable = ranges
      .filter(([first, last]) => first <= 0x7e && last >= 0x21)
      .map(([first, last]) => [Math.max(first, 0x21), Math.min(last, 0x7e)] as const);
    const list = random() < 0.9 && printable.length > 0 ? printable : ranges;
    const range = list[below(list.length)];
    if (range === undefined) throw new Error('An empty class has no text.');
    return String.fromCodePoint(range[0] + below(range[1] - range[0] + 1));
  }

  /** The option that needs the fewest rules, by a look at its first levels. */
  function leastDeep(options: readonly Expression[]): number {
    const sizes = options.map((option) => size(option, 3));
    return sizes.indexOf(Math.min(...sizes));
  }

  function size(expression: Expression, levels: number): number {
    if (levels === 0) return 10;
    if (expression.kind === 'rule')
      return 1 + 3 * size(bodies.get(expression.name) ?? expression, levels - 1);
    if (expression.kind === 'sequence')
      return expression.parts.reduce((sum, part) => sum + size(part, levels), 0);
    if (expression.kind === 'choice')
      return Math.min(...expression.options.map((option) => size(option, levels)));
    if (expression.kind === 'repeat') return expression.min === 0 ? 0 : size(expression.body, levels);
    return 1;
  }

  return text({ kind: 'rule', name: root }, 0);
}

const replacements = Array.from('09aAz"\\ ,:{}[]-+.eEtrue\nZT');

/** A text with one to three small changes: characters left out, put in, replaced, swapped or written twice. */
export function mutated(text: string, random: Random): string {
  let characters = Array.from(text);
  const below = (limit: number): number => Math.floor(random() * limit);
  const other = (): string => replacements[below(replacements.length)] ?? 'a';
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const at = below(characters.length + 1);
    const kind = below(5);
    if (kind === 0) characters.splice(at, 1);
    else if (kind === 1) characters.splice(at, 0, other());
    else if (kind === 2) characters.splice(at, 1, other());
    else if (kind === 3) characters.splice(at, 2, characters[at + 1] ?? '', characters[at] ?? '');
    else characters = [...characters.slice(0, at), ...characters.slice(at, at + 3), ...characters.slice(at)];
  }
  return characters.join('');
}
