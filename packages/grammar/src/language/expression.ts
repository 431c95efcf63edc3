// The common form of all grammars: rules whose bodies are expressions over code points, bytes and tokens.
import type { CodePoints } from './code-points.ts';

/** An expression: a set of texts. */
export type Expression =
  /** Exactly these bytes. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** One code point of a set, in UTF-8. */
  | { readonly kind: 'class'; readonly codePoints: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  /** One of several. A choice of nothing matches no text. */
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }
  /** A rule of the grammar. */
  | { readonly kind: 'rule'; readonly name: string }
  /** One whole token: one of `ids`, or any other token if `negated`. */
  | { readonly kind: 'token'; readonly ids: readonly number[]; readonly negated: boolean };

/** Rules by name, and the rule that a whole text must match. */
export interface Rules {
  readonly root: string;
  readonly bodies: ReadonlyMap<string, Expression>;
}

const encoder = new TextEncoder();

/** Matches the empty text. */
export const empty: Expression = { kind: 'sequence', parts: [] };

/** Matches no text. */
export const nothing: Expression = { kind: 'choice', options: [] };

/** Exactly `text`. Lone surrogates of `text` become U+FFFD. */
export function literal(text: string): Expression {
  return { kind: 'bytes', bytes: encoder.encode(text) };
}

/** One code point of a set. */
export function oneOf(codePoints: CodePoints): Expression {
  return { kind: 'class', codePoints };
}

/** One expression after another; nested sequences are flattened. */
export function sequence(...parts: readonly Expression[]): Expression {
  return sequenceOf(parts);
}

/** As `sequence`, for a list of any length. */
export function sequenceOf(parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === 'sequence' ? part.parts : [part]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'sequence', parts: flat };
}

/** Any of several; nested choices are flattened. */
export function choice(...options: readonly Expression[]): Expression {
  return choiceOf(options);
}

/** As `choice`, for a list of any length. */
export function choiceOf(options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'choice', options: flat };
}

/** Repetitions that no text reaches: a larger maximum counts as none, a larger minimum as this one. */
const unreachable = 2 ** 32;

/** `body`, `min` to `max` times; `max` may be `Infinity`. */
export function repeat(body: Expression, min: number, max: number): Expression {
  if (min === 1 && max === 1) return body;
  return { kind: 'repeat', body, min: Math.min(min, unreachable), max: max > unreachable ? Infinity : max };
}

/** `body` or the empty text. */
export function optional(body: Expression): Expression {
  return repeat(body, 0, 1);
}

/** A rule of the grammar. */
export function rule(name: string): Expression {
  return { kind: 'rule', name };
}
