// How long the texts of an expression are.
import type { Expression } from '../language/expression.ts';

/** Characters of the shortest and of the longest text of an expression without rules and tokens. */
export function lengthsOf(expression: Expression): [number, number] {
  switch (expression.kind) {
    case 'class':
      return [1, 1];
    case 'bytes': {
      const { length } = Array.from(new TextDecoder().decode(expression.bytes));
      return [length, length];
    }
    case 'sequence':
      return expression.parts.map(lengthsOf).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'choice':
      return expression.options
        .map(lengthsOf)
        .reduce(([a, b], [c, d]) => [Math.min(a, c), Math.max(b, d)], [Infinity, 0]);
    case 'repeat': {
      const [shortest, longest] = lengthsOf(expression.body);
      return [shortest * expression.min, longest === 0 ? 0 : longest * expression.max];
    }
    default:
      return [0, Infinity];
  }
}
