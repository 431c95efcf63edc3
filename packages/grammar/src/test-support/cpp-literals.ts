// Reads the arguments of calls out of C++ source, as far as they are texts, names and lists in braces.

/** A part of a text: characters, or the id of a token that a call `token(id)` stands for. */
export type TextPart = string | { readonly token: number };

/** An argument of a call. */
export type Argument =
  | { readonly kind: 'text'; readonly parts: readonly TextPart[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Argument[] };

interface Lexeme {
  readonly kind: 'string' | 'word' | 'sign';
  readonly text: string;
}

const lexeme =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"(?<mark>[^\s()\\]*)\((?<raw>[\s\S]*?)\)\k<mark>"|"(?<plain>(?:[^"\\\n]|\\.)*)"|'(?:[^'\\]|\\.)*'|(?<word>[A-Za-z0-9_]+)|(?<sign>[^\s])/g;

/** The arguments of all calls of the functions, as `[function, arguments]`. Calls with other arguments are left out. */
export function callsIn(source: string, functions: readonly string[]): [string, Argument[]][] {
  const lexemes = lexemesOf(source);
  const calls: [string, Argument[]][] = [];
  for (const [i, { kind, text }] of lexemes.entries()) {
    if (kind !== 'word' || !functions.includes(text)) continue;
    if (lexemes[i + 1]?.text !== '(' || lexemes[i - 1]?.kind === 'word') continue;
    const found = readList(lexemes, i + 2, ')');
    if (found !== undefined) calls.push([text, found.items]);
  }
  return calls;
}

function lexemesOf(source: string): Lexeme[] {
  return [...source.matchAll(lexeme)].flatMap(({ groups = {} }): Lexeme[] => {
    const { raw, plain, word, sign } = groups;
    if (raw !== undefined) return [{ kind: 'string', text: raw }];
    if (plain !== undefined) return [{ kind: 'string', text: unescape(plain) }];
    if (word !== undefined) return [{ kind: 'word', text: word }];
    return sign === undefined ? [] : [{ kind: 'sign', text: sign }];
  });
}

function unescape(text: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0' };
  return text.replaceAll(/\\(.)/g, (_, letter: string) => named[letter] ?? letter);
}

function readList(
  lexemes: readonly Lexeme[],
  start: number,
  end: string,
): { items: Argument[]; next: number } | undefined {
  const items: Argument[] = [];
  let at = start;
  while (lexemes[at]?.text !== end || lexemes[at]?.kind === 'string') {
    const read = readArgument(lexemes, at);
    if (read === undefined) return undefined;
    items.push(read.argument);
    at = read.next;
    if (lexemes[at]?.text === ',') at += 1;
    else if (lexemes[at]?.text !== end) return undefined;
  }
  return { items, next: at + 1 };
}

function readArgument(
  lexemes: readonly Lexeme[],
  start: number,
): { argument: Argument; next: number } | undefined {
  const first = lexemes[start];
  if (first === undefined) return undefined;
  if (first.kind === 'sign' && first.text === '{') {
    const list = readList(lexemes, start + 1, '}');
    return list && { argument: { kind: 'list', items: list.items }, next: list.next };
  }
  if (first.kind === 'word' && first.text !== 'token') {
    return { argument: { kind: 'name', name: first.text }, next: start + 1 };
  }
  const parts: TextPart[] = [];
  let at = start;
  for (;;) {
    const next = lexemes[at];
    if (next?.kind === 'string') {
      parts.push(next.text);
      at += 1;
    } else if (next?.text === 'token' && lexemes[at + 1]?.text === '(') {
      parts.push({ token: Number(lexemes[at + 2]?.text) });
      at += 4;
    } else return undefined;
    if (lexemes[at]?.text === '+' && lexemes[at]?.kind === 'sign') at += 1;
    else if (lexemes[at]?.kind !== 'string') return { argument: { kind: 'text', parts }, next: at };
  }
}
