// The tokens of a template, read one by one.
import { overLimit, syntaxError } from '../errors.ts';
import { templateLimits } from '../limits.ts';
import type { Token } from './lexer.ts';

/** What a parser reads from. */
export interface TokenStream {
  readonly current: Token;
  /** The token after the current one. */
  readonly following: Token;
  /** Whether the current token is of that type and, if it is given, has that text. */
  is(type: string, value?: string): boolean;
  /** Takes the current token. */
  next(): Token;
  /** Takes the current token if `is` holds. */
  skipIf(type: string, value?: string): boolean;
  /** @throws RondoError `BAD_TEMPLATE` where `is` does not hold */
  expect(type: string, value?: string): Token;
  fail(reason: string): never;
  /** Reads something that may stand within itself. @throws RondoError `BAD_TEMPLATE` where it does so too often */
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
