// JSON as text: the rules that the grammars of all schemas share. What is accepted equals llama.cpp's JSON grammar but for
// surrogates, which must come in pairs, and for exponents, which must keep a number finite.
import { charactersOf, codePoints, complement, difference, union } from '../language/code-points.ts';
import {
  choice,
  empty,
  literal,
  oneOf,
  optional,
  repeat,
  rule,
  sequence,
  type Expression,
} from '../language/expression.ts';

/** One decimal digit. */
export const digit = oneOf(codePoints([0x30, 0x39]));

export const hex = oneOf(union(codePoints([0x30, 0x39], [0x41, 0x46], [0x61, 0x66])));

/** Digits of an integer, at most; so many are exact in every reader. */
export const mostDigits = 16;

/** Characters that a JSON text contains as they are. U+007F is valid JSON too, and llama.cpp leaves it out. */
export const rawCharacters = complement(union(charactersOf('"\\\x7f'), codePoints([0, 0x1f])));

const surrogateD = literal16('dD');
const pair = sequence(
  surrogateD,
  literal16('89abAB'),
  repeat(hex, 2, 2),
  literal('\\u'),
  surrogateD,
  literal16('cdefCDEF'),
  repeat(hex, 2, 2),
);

function literal16(digits: string): Expression {
  return oneOf(charactersOf(digits));
}

/** The four digits after `\u`, with the second half of a pair of surrogates. */
const unicodeEscape = choice(
  sequence(literal16('0123456789abcefABCEF'), repeat(hex, 3, 3)),
  sequence(surrogateD, literal16('01234567'), repeat(hex, 2, 2)),
  pair,
);

/** All characters of ASCII. */
export const ascii = codePoints([0, 0x7f]);

/** One character of a string, as it is or escaped. */
export const character: Expression = choice(
  oneOf(rawCharacters),
  sequence(literal('\\'), choice(oneOf(charactersOf('"\\bfnrt')), sequence(literal('u'), unicodeEscape))),
);

/** The digits of a whole number without a sign. */
const whole = choice(
  literal('0'),
  sequence(oneOf(codePoints([0x31, 0x39])), repeat(digit, 0, mostDigits - 1)),
);

/** Exponents with which a number of 16 digits stays finite. */
const finiteExponent = choice(
  literal('0'),
  sequence(oneOf(codePoints([0x31, 0x39])), optional(digit)),
  sequence(literal('1'), digit, digit),
  sequence(literal('2'), oneOf(codePoints([0x30, 0x38])), digit),
  sequence(literal('29'), oneOf(codePoints([0x30, 0x31]))),
);

const exponent = sequence(
  oneOf(charactersOf('eE')),
  choice(sequence(literal('-'), whole), sequence(optional(literal('+')), finiteExponent)),
);

const unsignedNumber = sequence(
  whole,
  optional(sequence(literal('.'), repeat(digit, 1, mostDigits))),
  optional(exponent),
);

/** The shared rules, to be used by reference. */
export const json = {
  space: rule('JSON space'),
  string: rule('JSON string'),
  restOfString: rule('JSON rest of string'),
  restWithCharacter: rule('JSON rest of string of a character or more'),
  restBeyondAscii: rule('JSON rest of string that begins beyond ASCII'),
  integer: rule('JSON integer'),
  number: rule('JSON number'),
  unsignedInteger: rule('JSON unsigned integer'),
  unsignedNumber: rule('JSON unsigned number'),
  boolean: rule('JSON boolean'),
  null: rule('JSON null'),
  array: rule('JSON array'),
  object: rule('JSON object'),
  value: rule('JSON value'),
} as const;

/** Items with commas between them; `, ` may break the line. */
export function separated(item: Expression): Expression {
  return sequence(item, repeat(sequence(literal(','), json.space, item), 0, Infinity));
}

/** The bodies of the shared rules. */
export const jsonBodies: ReadonlyMap<string, Expression> = new Map([
  [
    'JSON space',
    choice(
      empty,
      literal(' '),
      sequence(repeat(literal('\n'), 1, 2), repeat(oneOf(charactersOf(' \t')), 0, 20)),
    ),
  ],
  ['JSON string', sequence(literal('"'), json.restOfString)],
  // A rule of its own, so that all texts that end as strings do share what is known of the vocabulary.
  ['JSON rest of string', sequence(repeat(character, 0, Infinity), literal('"'))],
  ['JSON rest of string of a character or more', sequence(character, json.restOfString)],
  [
    'JSON rest of string that begins beyond ASCII',
    sequence(oneOf(difference(rawCharacters, ascii)), json.restOfString),
  ],
  ['JSON integer', sequence(optional(literal('-')), whole)],
  ['JSON number', sequence(optional(literal('-')), unsignedNumber)],
  ['JSON unsigned integer', whole],
  ['JSON unsigned number', unsignedNumber],
  ['JSON boolean', choice(literal('true'), literal('false'))],
  ['JSON null', literal('null')],
  [
    'JSON array',
    sequence(literal('['), json.space, optional(separated(json.value)), json.space, literal(']')),
  ],
  [
    'JSON object',
    sequence(
      literal('{'),
      json.space,
      optional(separated(sequence(json.string, literal(':'), json.space, json.value))),
      json.space,
      literal('}'),
    ),
  ],
  ['JSON value', choice(json.object, json.array, json.string, json.number, json.boolean, json.null)],
]);
