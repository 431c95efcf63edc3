// Makes templates by a grammar: mostly valid templates, with all filters, tests, methods and statements, on values of all
// kinds. Sizes are sometimes large, so that limits are met.

/** Numbers from 0 to below 1. */
export type Random = () => number;

const names = 's e n l d u f i t m emo x y ns loop nope'.split(' ');
const strings = [
  '',
  'a',
  ',',
  ' ',
  'o',
  'Hello',
  '<|im_end|>',
  '%s',
  '{}',
  '%5d',
  '\\n',
  '🙂',
  'é',
  'x.y',
  'name',
  'age',
];
const filters =
  'abs attr batch capitalize center count default dictsort escape filesizeformat first float forceescape format groupby indent int items join last length list lower map max min pprint reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode wordcount wordwrap xmlattr'.split(
    ' ',
  );
const tests =
  'boolean callable defined divisibleby eq even false filter float ge gt in integer iterable le lower lt mapping ne none number odd sameas sequence string true undefined upper'.split(
    ' ',
  );
const methods =
  'capitalize casefold center count endswith expandtabs find format get index isalnum isalpha isdigit islower isspace istitle isupper items join keys ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title upper values zfill copy append pop constructor __proto__ __class__ toString valueOf'.split(
    ' ',
  );
const operators = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '**',
  '~',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'not in',
  'and',
  'or',
];

/** Makes expressions and templates. */
export interface Generator {
  expression(depth: number): string;
  template(): string;
}

export function createGenerator(random: Random): Generator {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)];

  const number = (): string =>
    pick(['0', '1', '2', '-1', '3', '7', '1.5', '0.1', '100', '1e3', '99999', '2.0']);
  const string = (): string => `'${pick(strings)}'`;

  const list = (depth: number, count = below(4)): string =>
    Array.from({ length: count }, () => expression(depth - 1)).join(', ');

  const given = (depth: number): string => {
    const kind = below(8);
    if (kind < 3) return '';
    if (kind === 3) return `(*${expression(depth - 1)})`;
    if (kind === 4)
      return `(${pick(['attribute', 'default', 'width', 'indent', 'reverse', 'base', 'count', 'sep'])}=${expression(depth - 1)})`;
    return `(${list(depth, 1 + below(2))})`;
  };

  function expression(depth: number): string {
    if (depth <= 0) return pick([number, string, () => pick(names), () => pick(['true', 'false', 'none'])])();
    switch (below(13)) {
      case 0:
        return `[${list(depth)}]`;
      case 1:
        return `(${list(depth)},)`;
      case 2:
        return `{${string()}: ${expression(depth - 1)}, ${number()}: ${expression(depth - 1)}}`;
      case 3:
        return `${expression(depth - 1)} ${pick(operators)} ${expression(depth - 1)}`;
      case 4:
        return `(${expression(depth - 1)} ${pick(operators)} ${expression(depth - 1)})`;
      case 5:
      case 6:
        return `${expression(depth - 1)} | ${pick(filters)}${given(depth)}`;
      case 7:
        return `${expression(depth - 1)} is ${pick(['', 'not '])}${pick(tests)}${given(depth)}`;
      case 8:
        return `${expression(depth - 1)}.${pick(methods)}(${list(depth, below(3))})`;
      case 9:
        return `${expression(depth - 1)}[${pick([string, number, () => pick(names)])()}]`;
      case 10:
        return `${expression(depth - 1)}[${pick(['', number()])}:${pick(['', number()])}${pick(['', ':-1', ':2'])}]`;
      case 11:
        return `(${expression(depth - 1)} if ${expression(depth - 1)} else ${expression(depth - 1)})`;
      default:
        return `range(${expression(depth - 1)})`;
    }
  }

  function statement(depth: number): string {
    const inner = (): string => Array.from({ length: 1 + below(3) }, () => statement(depth - 1)).join('');
    const sign = (): string => pick(['', '', '-', '+']);
    if (depth <= 0) return pick([() => `{{ ${expression(2)} }}`, () => pick([' text ', '\n', '<|x|>'])])();
    const open = `{%${sign()} `;
    const close = ` ${pick(['', '', '-'])}%}`;
    switch (below(10)) {
      case 0:
        return `${open}if ${expression(2)}${close}${inner()}{% else %}${inner()}{% endif %}`;
      case 1:
        return `${open}for x in ${expression(2)}${pick(['', ' if x', ' recursive'])}${close}${inner()}{{ loop.index }}{% endfor %}`;
      case 2:
        return `${open}set x = ${expression(3)}${close}`;
      case 3:
        return `${open}set ns.v = ns.v ${pick(['+', '~', '*'])} ${pick(['ns.v', expression(1)])}${close}`;
      case 4:
        return `${open}macro y(a, b=1)${close}${inner()}{{ a }}{% endmacro %}{{ y(${expression(1)}) }}`;
      case 5:
        return `${open}set x${close}${inner()}{% endset %}`;
      case 6:
        return `${open}filter ${pick(filters)}${given(2)}${close}${inner()}{% endfilter %}`;
      case 7:
        return `${open}with y = ${expression(2)}${close}${inner()}{% endwith %}`;
      case 8:
        return `{% for i in range(${pick(['3', '40', '9999'])}) %}${inner()}{% endfor %}`;
      default:
        return `{{${sign() === '-' ? '-' : ''} ${expression(3)} }}`;
    }
  }

  return {
    expression,
    template() {
      const statements = Array.from({ length: 1 + below(4) }, () => statement(below(3)));
      return `{% set ns = namespace(v=${expression(1)}) %}${statements.join('')}`;
    },
  };
}
