// Coverage-guided fuzzing of the interpreter: 800 inputs here, or RONDO_FUZZ_SECONDS for a long run. An input is the
// source of a template, or the choices of a template generator.
import { readFileSync } from 'node:fs';
import { isRondoError } from '@rondo/errors';
import { fuzz, fuzzEffort, fuzzTimeoutMs } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { compileTemplate, createBudget, failureOf, fromData, type Usage } from './index.ts';
import { createGenerator } from './test-support/template-generator.ts';

const limits: Usage = { steps: 50_000, bytes: 4_000_000 };

const file = new URL('test-support/python-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { template: string }[] };

/** The first byte decides what the others are: choices of the generator (two bytes each) or a source. */
function sourceOf([kind = 0, ...rest]: readonly number[]): string {
  if (kind % 2 === 0) return new TextDecoder().decode(Uint8Array.from(rest));
  let at = 0;
  const { template } = createGenerator(() => {
    const high = rest[at] ?? 0;
    const low = rest[at + 1] ?? 0;
    at += 2;
    return (256 * high + low) / 65_536;
  });
  return template();
}

const letter = '漢';
const data = { s: `${letter} <|im_end|>`, l: [letter, 'b'], d: { [letter]: 1, name: letter } };
const prototypes = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype];
const namesOf = (): string => prototypes.map((each) => Reflect.ownKeys(each).map(String).join()).join(';');
const names = namesOf();
// Text that would show that a template has reached something of JavaScript.
const foreign = /\[object |native code|=>|function/;

async function attempt(input: Uint8Array): Promise<string> {
  const source = sourceOf([...input]);
  const budget = createBudget(limits);
  try {
    const variables = Object.entries(data).map(([name, value]) => [name, fromData(value, 1)] as const);
    const { parts } = compileTemplate(source).render(
      { ...Object.fromEntries(variables), i: 7, f: 2.5, t: true, n: null },
      { budget },
    );
    expect(budget.steps).toBeLessThanOrEqual(limits.steps);
    expect(budget.bytes).toBeLessThanOrEqual(limits.bytes);
    for (const { text, source: from } of parts) {
      if (from === undefined && !source.includes(letter)) expect(text).not.toContain(letter);
      if (!foreign.test(source)) expect(text).not.toMatch(foreign);
    }
    return `${parts.length === 0 ? 'nothing' : 'text'}`;
  } catch (error) {
    if (isRondoError(error) && error.code === 'BAD_TEMPLATE') return failureOf(error) ?? 'no failure';
    throw error;
  } finally {
    expect(namesOf()).toBe(names);
  }
}

it(
  'any template ends in text or BAD_TEMPLATE, within its budget, and reaches nothing outside',
  async () => {
    const encoder = new TextEncoder();
    const fromCases = cases
      .filter((_, index) => index % 10 === 0)
      .map(({ template }) => Uint8Array.of(0, ...encoder.encode(template)));
    const fromChoices = Array.from({ length: 40 }, (_, index) =>
      Uint8Array.from({ length: 80 }, (_unused, at) =>
        at === 0 ? 1 : (at * 37 * (index + 1) + index * 101) % 256,
      ),
    );
    const { finding, outcomes, executions } = await fuzz({
      target: attempt,
      seeds: [...fromCases, ...fromChoices],
      covers: 'packages/template/src/',
      effort: fuzzEffort(800),
      maxBytes: 600,
    });
    if (finding !== undefined) {
      throw new Error(`The template ${JSON.stringify(sourceOf([...finding.input]))} failed.`, {
        cause: finding.error,
      });
    }
    expect(executions).toBeGreaterThan(100);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['text', 'failed', 'syntax']));
    expect(outcomes.has('no failure')).toBe(false);
  },
  fuzzTimeoutMs,
);
