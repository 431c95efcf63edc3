// Keys of an object that are none of its declared properties.
import { charactersOf, difference, intersection } from '../language/code-points.ts';
import {
  choice,
  choiceOf,
  literal,
  oneOf,
  repeat,
  sequence,
  type Expression,
} from '../language/expression.ts';
import { badGrammar } from '../errors.ts';
import { grammarLimits } from '../limits.ts';
import { ascii, json, rawCharacters } from './json-text.ts';

/** A trie of names. */
interface Names {
  isName: boolean;
  readonly next: Map<string, Names>;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

/**
 * The JSON texts of all strings but `names`. As long as a key agrees with a name, it is written as `JSON.stringify` writes
 * it, so that an escape cannot spell a name.
 */
export function otherKeys(names: readonly string[]): Expression {
  const root: Names = { isName: false, next: new Map() };
  for (const name of names) {
    if (name.length > grammarLimits.nameCharacters) {
      throw badGrammar(
        'limit',
        `a property has a name of more than ${grammarLimits.nameCharacters} characters`,
      );
    }
    let at = root;
    for (const each of name) {
      let next = at.next.get(each);
      if (next === undefined) at.next.set(each, (next = { isName: false, next: new Map() }));
      at = next;
    }
    at.isName = true;
  }
  const escapes = new Map<string, Expression>();
  return sequence(literal('"'), keysFrom(root, escapes));
}

function keysFrom({ isName, next }: Names, escapes: Map<string, Expression>): Expression {
  const options: Expression[] = isName ? [] : [literal('"')];
  for (const [each, names] of next) {
    options.push(sequence(literal(JSON.stringify(each).slice(1, -1)), keysFrom(names, escapes)));
  }
  const children = [...next.keys()];
  if (children.length === 0) options.push(json.restWithCharacter);
  else {
    const isAscii = children.every((each) => each <= '\x7f');
    const raw = difference(rawCharacters, charactersOf(children.join('')));
    const first = isAscii ? intersection(raw, ascii) : raw;
    options.push(sequence(choice(oneOf(first), escapedCharacter(children, escapes)), json.restOfString));
    // All keys share this rule, and with it what is known of the vocabulary.
    if (isAscii) options.push(json.restBeyondAscii);
  }
  return choiceOf(options);
}

/** One escaped character that is none of `children`. */
function escapedCharacter(children: readonly string[], escapes: Map<string, Expression>): Expression {
  const short = Object.entries(shortEscapes).flatMap(([each, letter]) =>
    children.includes(each) ? [] : [letter],
  );
  return sequence(literal('\\'), choice(oneOf(charactersOf(short.join(''))), otherEscape(children, escapes)));
}

/** `u` and four digits, where no child lies on the same page of 256 characters. Astral characters are not escaped. */
function otherEscape(children: readonly string[], escapes: Map<string, Expression>): Expression {
  const pages = new Set(children.map((each) => (each.codePointAt(0) ?? 0) >> 8).filter((page) => page < 256));
  const key = [...pages].toSorted((a, b) => a - b).join();
  const known = escapes.get(key);
  if (known !== undefined) return known;
  const digits = (values: readonly number[]): Expression =>
    oneOf(
      charactersOf(values.map((value) => value.toString(16) + value.toString(16).toUpperCase()).join('')),
    );
  const all = Array.from({ length: 16 }, (_, value) => value);
  const options: Expression[] = [];
  for (let first = 0; first < 16; first++) {
    // Pages 0xd8 to 0xdf are surrogates.
    const second = all.filter((low) => !pages.has(16 * first + low) && !(first === 13 && low > 7));
    options.push(sequence(digits([first]), digits(second), repeat(digits(all), 2, 2)));
  }
  const escape = sequence(literal('u'), choiceOf(options));
  escapes.set(key, escape);
  return escape;
}
