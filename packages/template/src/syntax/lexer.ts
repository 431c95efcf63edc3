// Splits the source of a template into tokens, as Jinja2's lexer does with `trim_blocks` and `lstrip_blocks`.
import { isSpace, skipSpace, skipSpaceBack } from '../characters.ts';
import { overLimit, syntaxError } from '../errors.ts';
import { templateLimits } from '../limits.ts';
import { unescape } from './string-literal.ts';

/** A token. The type of an operator is the operator itself. */
export interface Token {
  readonly type: string;
  readonly value: string;
  readonly line: number;
}

const operators = ['//', '**', '==', '!=', '>=', '<=', ...'+-/*%~[](){}><=.:|,;'];
const closings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

const floatPattern =
  /(?:[0-9]+_)*[0-9]+(?:(?:\.(?:[0-9]+_)*[0-9]+)?e[+-]?(?:[0-9]+_)*[0-9]+|\.(?:[0-9]+_)*[0-9]+)/iy;
const integerPattern = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[0-9a-f])+|[1-9](?:_?[0-9])*|0(?:_?0)*/iy;
const namePattern = /[\p{ID_Continue}_]+/uy;
const stringPattern = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y;

/** The tokens of a source. @throws RondoError `BAD_TEMPLATE` if the source is no Jinja */
export function tokenize(original: string): Token[] {
  if (original.length > templateLimits.sourceCharacters) {
    throw overLimit(`it is ${original.length} characters long`, templateLimits.sourceCharacters);
  }
  const normal = original.replaceAll(/\r\n|\r/g, '\n');
  const source = normal.endsWith('\n') ? normal.slice(0, -1) : normal;
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let countedTo = 0;
  /** Whether the last token ended a line. */
  let startsLine = true;

  const lineAt = (position: number): number => {
    for (; countedTo < position; countedTo++) if (source.charCodeAt(countedTo) === 0x0a) line++;
    return line;
  };
  const push = (type: string, value: string): void => {
    tokens.push({ type, value, line: lineAt(at) });
  };
  const pushData = (start: number, end: number, sign: string, isVariable: boolean): void => {
    const data = source.slice(start, end);
    let kept = data.length;
    if (sign === '-') kept = skipSpaceBack(data, data.length);
    else if (sign !== '+' && !isVariable) {
      const lineStart = data.lastIndexOf('\n') + 1;
      if ((lineStart > 0 || startsLine) && skipSpace(data, lineStart) === data.length) kept = lineStart;
    }
    if (kept > 0) push('data', data.slice(0, kept));
  };
  const signAt = (position: number): string => {
    const sign = source.charAt(position);
    return sign === '-' || sign === '+' ? sign : '';
  };
  /** The position at which the text continues after a closing tag that ends at `position`. */
  const afterTag = (position: number, sign: string, trims: boolean): number => {
    if (sign === '-') return skipSpace(source, position);
    return trims && sign === '' && source[position] === '\n' ? position + 1 : position;
  };
  const moveTo = (position: number): void => {
    at = position;
    startsLine = source[position - 1] === '\n';
  };

  while (at < source.length) {
    const open = nextOpening(source, at);
    if (open < 0) {
      push('data', source.slice(at));
      break;
    }
    const kind = source.charAt(open + 1);
    const sign = signAt(open + 2);
    pushData(at, open, sign, kind === '{');
    const inside = open + 2 + sign.length;
    if (kind === '#') moveTo(skipComment(inside));
    else {
      const raw = kind === '%' ? rawBodyAt(inside) : undefined;
      at = open;
      if (raw === undefined) readTag(inside, kind);
      else readRaw(raw);
    }
  }
  return tokens;

  function skipComment(start: number): number {
    if (start >= source.length) return source.length;
    const end = source.indexOf('#}', start);
    if (end < 0) throw syntaxError('Missing end of comment tag', lineAt(start));
    const sign = end > start ? signAt(end - 1) : '';
    return afterTag(end + 2, sign, true);
  }

  /** The position of the body of `{% raw %}`; undefined for another tag. */
  function rawBodyAt(start: number): number | undefined {
    const name = skipSpace(source, start);
    if (!source.startsWith('raw', name)) return undefined;
    const end = skipSpace(source, name + 3);
    if (source.startsWith('-%}', end)) return skipSpace(source, end + 3);
    return source.startsWith('%}', end) ? end + 2 : undefined;
  }

  function readRaw(start: number): void {
    startsLine = source[start - 1] === '\n';
    if (start >= source.length) return moveTo(start);
    for (let open = source.indexOf('{%', start); open >= 0; open = source.indexOf('{%', open + 2)) {
      const sign = signAt(open + 2);
      const name = skipSpace(source, open + 2 + sign.length);
      if (!source.startsWith('endraw', name)) continue;
      const end = skipSpace(source, name + 6);
      const endSign = signAt(end);
      if (!source.startsWith('%}', end + endSign.length)) continue;
      pushData(start, open, sign, false);
      moveTo(afterTag(end + endSign.length + 2, endSign, true));
      return;
    }
    throw syntaxError('Missing end of raw directive', lineAt(start));
  }

  function readTag(start: number, kind: string): void {
    const isVariable = kind === '{';
    const ending = isVariable ? '}}' : '%}';
    push(isVariable ? 'variable_begin' : 'block_begin', '');
    const brackets: string[] = [];
    at = start;
    while (at < source.length) {
      if (brackets.length === 0) {
        const sign = signAt(at);
        if (source.startsWith(ending, at + sign.length) && !(isVariable && sign === '+')) {
          push(isVariable ? 'variable_end' : 'block_end', '');
          moveTo(afterTag(at + sign.length + 2, sign, !isVariable));
          return;
        }
      }
      if (isSpace(source.charCodeAt(at))) at = skipSpace(source, at);
      else readToken(brackets);
    }
  }

  function matched(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  }

  function readToken(brackets: string[]): void {
    const float = source[at - 1] === '.' ? undefined : matched(floatPattern);
    const number = float ?? matched(integerPattern);
    if (number !== undefined) {
      push(float === undefined ? 'integer' : 'float', number.replaceAll('_', ''));
      at += number.length;
      return;
    }
    const name = matched(namePattern);
    if (name !== undefined) {
      if (!/^[\p{ID_Start}_]/u.test(name)) throw syntaxError('Invalid character in identifier', lineAt(at));
      push('name', name);
      at += name.length;
      return;
    }
    const string = matched(stringPattern);
    if (string !== undefined) {
      push('string', unescape(string.slice(1, -1), lineAt(at)));
      at += string.length;
      return;
    }
    const operator = operators.find((each) => source.startsWith(each, at));
    if (operator === undefined) {
      throw syntaxError(`unexpected char '${String.fromCodePoint(source.codePointAt(at) ?? 0)}'`, lineAt(at));
    }
    if (operator in closings) brackets.push(closings[operator]);
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = brackets.pop();
      if (expected !== operator) throw syntaxError(`unexpected '${operator}'`, lineAt(at));
    }
    push(operator, operator);
    at += operator.length;
  }
}

function nextOpening(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
    const next = source[at + 1];
    if (next === '%' || next === '{' || next === '#') return at;
  }
  return -1;
}
