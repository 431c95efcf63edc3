// Splits C++ source into tokens: enough of the language for tables of test cases that other projects wrote in C++.

/** A token. `text` is a literal that was decoded; neighbouring literals are one literal, as in C++. */
export interface CppToken {
  readonly kind: 'text' | 'name' | 'number' | 'sign';
  readonly value: string;
}

const pattern =
  /(?<space>\s+|\/\/[^\n]*|\/\*[^]*?\*\/|#[^\n]*)|(?:u8|u|U|L)?R"(?<mark>[^(\s]*)\((?<raw>[^]*?)\)\k<mark>"|(?:u8|u|U|L)?"(?<text>(?:[^"\\]|\\[^])*)"|'(?<character>(?:[^'\\]|\\[^])+)'|(?<number>\d[\w.]*)|(?<name>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)|(?<sign>->|[^\s])/gy;

/** The tokens of a source, without white space, comments and directives. */
export function cppTokens(source: string): CppToken[] {
  const tokens: CppToken[] = [];
  for (const { groups = {} } of source.matchAll(pattern)) {
    const { space, raw, text, character, number, name, sign } = groups;
    if (space !== undefined) continue;
    const literal = raw ?? (text === undefined ? character && decoded(character) : decoded(text));
    const last = tokens.at(-1);
    if (literal !== undefined) {
      if (last?.kind === 'text') tokens[tokens.length - 1] = { kind: 'text', value: last.value + literal };
      else tokens.push({ kind: 'text', value: literal });
    } else if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else tokens.push({ kind: 'sign', value: sign ?? '' });
  }
  return tokens;
}

const named: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
};

/** The text of a literal. Bytes written as `\xE2\x80` are read as UTF-8. */
function decoded(literal: string): string {
  const bytes = /(?:\\x[0-9a-fA-F]{2})+/g;
  const utf8 = (run: string) => Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8');
  return literal.split(bytes).reduce((text, piece, index) => {
    const run = index === 0 ? '' : utf8(literal.match(bytes)?.[index - 1] ?? '');
    return text + run + unescaped(piece);
  }, '');
}

function unescaped(piece: string): string {
  return piece.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|\r?\n|([^]))/g,
    (_, short?: string, long?: string, octal?: string, single?: string) => {
      const hex = short ?? long;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return single === undefined ? '' : (named[single] ?? single);
    },
  );
}
