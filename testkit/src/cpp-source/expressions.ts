// Reads expressions of C++: literals, names, lists in braces, sums, calls, and chains of methods.
import type { CppToken } from './tokens.ts';

/** An expression. */
export type CppExpression =
  | { readonly kind: 'text' | 'number' | 'name'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly CppExpression[] }
  | { readonly kind: 'sum'; readonly items: readonly CppExpression[] }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly CppExpression[] }
  | {
      readonly kind: 'method';
      readonly object: CppExpression;
      readonly name: string;
      readonly items: readonly CppExpression[];
    };

/** A place in a list of tokens. */
export interface CppReader {
  /** Index of the next token. */
  at: number;
  readonly tokens: readonly CppToken[];
}

/** Whether the next token is this sign. */
export function isSign({ at, tokens }: CppReader, sign: string): boolean {
  const token = tokens[at];
  return token?.kind === 'sign' && token.value === sign;
}

/** @throws Error for tokens that are no expression of the kinds above */
export function readExpression(reader: CppReader): CppExpression {
  const items = [readChain(reader)];
  while (isSign(reader, '+')) {
    reader.at++;
    items.push(readChain(reader));
  }
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : { kind: 'sum', items };
}

/** Expressions up to a closing sign; a name before an item, as in `.name = value`, is left out. */
export function readList(reader: CppReader, close: string): CppExpression[] {
  const items: CppExpression[] = [];
  while (!isSign(reader, close)) {
    if (isSign(reader, '.') && reader.tokens[reader.at + 2]?.value === '=') reader.at += 3;
    items.push(readExpression(reader));
    if (isSign(reader, ',')) reader.at++;
    else if (!isSign(reader, close)) throw unexpected(reader);
  }
  reader.at++;
  return items;
}

function readChain(reader: CppReader): CppExpression {
  let value = readSingle(reader);
  while (isSign(reader, '.') || isSign(reader, '->')) {
    const name = reader.tokens[reader.at + 1]?.value ?? '';
    reader.at += 2;
    if (isSign(reader, '(')) {
      reader.at++;
      value = { kind: 'method', object: value, name, items: readList(reader, ')') };
    } else value = { kind: 'method', object: value, name, items: [] };
  }
  return value;
}

function readSingle(reader: CppReader): CppExpression {
  const token = reader.tokens[reader.at];
  if (token === undefined) throw new Error('The source ends in an expression.');
  if (token.kind === 'text' || token.kind === 'number') {
    reader.at++;
    return { kind: token.kind, value: token.value };
  }
  if (token.kind === 'sign') {
    const next = reader.tokens[reader.at + 1];
    if (token.value === '-' && next?.kind === 'number') {
      reader.at += 2;
      return { kind: 'number', value: `-${next.value}` };
    }
    if (token.value === '(' || token.value === '{') {
      reader.at++;
      const items = readList(reader, token.value === '(' ? ')' : '}');
      const [only] = items;
      return token.value === '(' && only !== undefined ? only : { kind: 'list', items };
    }
    throw unexpected(reader);
  }
  reader.at++;
  skipTypeArguments(reader);
  for (const [open, close] of [
    ['(', ')'],
    ['{', '}'],
  ] as const) {
    if (!isSign(reader, open)) continue;
    reader.at++;
    return { kind: 'call', name: token.value, items: readList(reader, close) };
  }
  return { kind: 'name', value: token.value };
}

/** Skips `<…>` behind the name of a type, as in `std::vector<std::string>{…}`. */
function skipTypeArguments(reader: CppReader): void {
  if (!isSign(reader, '<')) return;
  let depth = 0;
  do {
    if (isSign(reader, '<')) depth++;
    if (isSign(reader, '>')) depth--;
    reader.at++;
  } while (depth > 0 && reader.at < reader.tokens.length);
}

function unexpected({ at, tokens }: CppReader): Error {
  const around = tokens.slice(Math.max(0, at - 6), at + 4).map(({ value }) => value.slice(0, 40));
  return new Error(`An expression of C++ was expected: ${around.join(' ')}`);
}
