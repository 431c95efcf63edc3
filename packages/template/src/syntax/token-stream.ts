// The tokens of a template, read one by one.
import { overLimit, syntaxError } from '../errors.ts';
import { templateLimits } from '../limits.ts';
import type { Token } from './lexer.ts';

/** The tokens that a parser reads. */
export interface TokenStream {
  readonly current: Token;
  /** The token after the current one. */
  readonly following: Token;
  /** Whether the current token has this type and, if given, this text. */
  is(type: string, value?: string): boolean;
  /** Takes the current token. */
  next(): Token;
  /** Takes the current token if `is` holds. */
  skipIf(type: string, value?: string): boolean;
  /** @throws RondoError `BAD_TEMPLATE` unless `is` holds */
  expect(type: string, value?: string): Token;
  fail(reason: string): never;
  /** Reads syntax that may be nested. @throws RondoError `BAD_TEMPLATE` if it is nested too deep */
  nested<T>(read: () => T): T;
}

const described = ({ type, value }: Token): string => (type === 'name' ? value : type.replace('_', ' '));

export function createTokenStream(tokens: readonly Token[]): TokenStream {
  const end: Token = { type: 'end of template', value: '', line: tokens.at(-1)?.line ?? 1 };
  let at = 0;
  let depth = 0;
  const stream: TokenStream = {
    get current() {
      return tokens[at] ?? end;
    },
    get following() {
      return tokens[at + 1] ?? end;
    },
    is(type, value) {
      const { current } = stream;
      return current.type === type && (value === undefined || current.value === value);
    },
    next() {
      const { current } = stream;
      at++;
      return current;
    },
    skipIf(type, value) {
      if (!stream.is(type, value)) return false;
      at++;
      return true;
    },
    expect(type, value) {
      if (!stream.is(type, value)) {
        stream.fail(`expected '${value ?? type.replace('_', ' ')}', got '${described(stream.current)}'`);
      }
      return stream.next();
    },
    fail(reason) {
      throw syntaxError(reason, stream.current.line);
    },
    nested(read) {
      if (++depth > templateLimits.nestedSyntax) {
        throw overLimit('its syntax is nested too deep', templateLimits.nestedSyntax);
      }
      const result = read();
      depth--;
      return result;
    },
  };
  return stream;
}
