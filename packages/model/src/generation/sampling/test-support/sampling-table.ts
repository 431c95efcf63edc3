// Reads the cases out of llama.cpp's `tests/test-sampling.cpp`: the calls of its test functions in `main`, whose arguments are
// numbers, quotients of numbers, texts and nested lists.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';

/** An argument of a call. */
export type Argument = number | string | readonly Argument[];

/** One call. */
export interface Case {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** Number of calls of each test function. */
const expectedCounts: Readonly<Record<string, number>> = {
  test_dist_singleton_rng: 1,
  test_temp: 2,
  test_temp_ext: 2,
  test_top_k: 4,
  test_top_p: 4,
  test_min_p: 9,
  test_xtc: 4,
  test_typical: 2,
  test_penalties: 6,
  test_dry: 5,
  test_top_n_sigma: 3,
  test_sampler_queue: 24,
  // A benchmark.
  test_perf: 1,
};

/** @throws Error if the file has another number of cases than was read before */
export function samplingCases(): readonly Case[] {
  const source = readFileSync(llamaCppPath('tests/test-sampling.cpp'), 'utf8');
  const main = source.slice(source.indexOf('int main('));
  const cases = Array.from(main.matchAll(/^ *(test_\w+)\s*\((.*)\);/gm), ([, name = '', args = '']) => ({
    name,
    args: argumentsOf(args),
  }));
  const counts = Object.fromEntries(
    Object.keys(expectedCounts).map((name) => [name, cases.filter((one) => one.name === name).length]),
  );
  const all = Object.values(expectedCounts).reduce((sum, count) => sum + count, 0);
  if (JSON.stringify(counts) !== JSON.stringify(expectedCounts) || cases.length !== all)
    throw new Error(`test-sampling.cpp has other cases than expected: ${JSON.stringify(counts)}.`);
  return cases;
}

function argumentsOf(text: string): readonly Argument[] {
  const tokens = text.match(/"[^"]*"|[{},/]|-?[\d.]+(?:e-?\d+)?f?/g) ?? [];
  if (tokens.join('').length !== text.replaceAll(/\s/g, '').length)
    throw new Error(`These arguments are no numbers, texts and lists: ${text}.`);
  let at = 0;

  function list(end: string | undefined): readonly Argument[] {
    const values: Argument[] = [];
    while (tokens[at] !== end) {
      values.push(value());
      if (tokens[at] === ',') at++;
    }
    at++;
    return values;
  }

  function value(): Argument {
    const token = tokens[at++] ?? '';
    if (token === '{') return list('}');
    if (token.startsWith('"')) return token.slice(1, -1);
    const first = float(token);
    if (tokens[at] !== '/') return first;
    at++;
    return Math.fround(first / float(tokens[at++] ?? ''));
  }

  return list(undefined);
}

/** The value of a literal: llama.cpp's numbers have 32 bits. */
function float(literal: string): number {
  const number = Number(literal.replace(/f$/, ''));
  if (!Number.isFinite(number)) throw new Error(`${literal} is no number.`);
  return Math.fround(number);
}
