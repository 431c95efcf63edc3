// The README has a table of the options of sampling with their defaults, written by hand.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { samplingOptions } from './sampler-options.ts';
import { orderedSteps } from './steps/index.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

it('the README names each option of sampling with its default, and each step', () => {
  const { samplers, seed, logitBias, drySequenceBreakers, ...numbers } = samplingOptions;
  const expected = [
    ...Object.entries(numbers).map(([name, option]) => `\`${name}: ${String(option.default)}\``),
    '`logitBias: {}`',
    "`drySequenceBreakers: ['\\n', ':', '\"', '*']`",
    ...orderedSteps.map(({ name }) => `\n| \`${name}\` `),
  ];
  expect(expected.filter((text) => !readme.includes(text))).toEqual([]);
  expect([logitBias.default, drySequenceBreakers.default]).toEqual([{}, ['\n', ':', '"', '*']]);
  for (const [name] of Object.entries({ samplers, seed })) expect(readme).toContain(`\`${name}\``);
});
