// Published chat templates, from the sources of llama.cpp inside the package node-llama-cpp. They are rendered as Python
// renders them, within a tenth of the limits of a rendering. Only digests of their text are kept here; the script
// testkit/python/hash_published_templates.py records them anew.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRondoError } from '@rondo/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { compileTemplate, createBudget, fromData, templateLimits } from './index.ts';

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`test-support/${name}`, import.meta.url), 'utf8')) as T;
const { conversations, variables } = read<{
  conversations: Record<string, unknown[]>;
  variables: Record<string, unknown>[];
}>('conversations.json');
const digests = read<Record<string, string[]>>('published-digests.json');

const peers = createRequire(new URL('../../../benchmarks/peers/package.json', import.meta.url));
const bundle = join(peers.resolve('node-llama-cpp'), '../../llama/gitRelease.bundle');
const folder = mkdtempSync(join(tmpdir(), 'rondo-templates-'));
execFileSync('git', ['clone', '--quiet', '--no-checkout', bundle, folder], { stdio: 'ignore' });
afterAll(() => rmSync(folder, { recursive: true }));

const sourceOf = (name: string): string =>
  execFileSync('git', ['-C', folder, 'show', `HEAD:models/templates/${name}.jinja`], {
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
  });
const now = () => new Date(2024, 1, 5, 14, 7, 9);

function digestOf(template: ReturnType<typeof compileTemplate>, given: Record<string, unknown>): string {
  const hash = createHash('sha256');
  for (const messages of Object.values(conversations)) {
    try {
      for (const { text } of template.render({ ...given, messages }, { now }).parts) hash.update(text);
    } catch (error) {
      if (!isRondoError(error) || error.code !== 'BAD_TEMPLATE') throw error;
      hash.update('\uffff');
    }
    hash.update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

describe('case 18: published templates render as in Python, with and without tools', () => {
  it('the published templates include templates that other interpreters refuse', () => {
    for (const part of [
      'functionary-medium-v3.1',
      'Apriel-1.5',
      'Seed-OSS',
      'Hy3',
      'Qwen3-0.6B',
      'SmolLM3',
    ]) {
      expect(Object.keys(digests).join()).toContain(part);
    }
    expect(Object.keys(digests).length).toBeGreaterThan(60);
  });

  it.each(Object.entries(digests))('%s', (name, expected) => {
    const template = compileTemplate(sourceOf(name));
    expect(variables.map((given) => digestOf(template, given))).toEqual(expected);
  });
});

describe('case 21: what 2,000 messages of 560 characters take', () => {
  const messages = Array.from({ length: 1999 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: fromData(`message ${index} with some words. `.repeat(20), index),
  }));
  const longest = Object.keys(digests)
    .map((name) => ({ name, source: sourceOf(name) }))
    .toSorted((a, b) => b.source.length - a.source.length);

  function usage(source: string): { steps: number; bytes: number } {
    const budget = createBudget();
    compileTemplate(source).render(
      { messages, add_generation_prompt: true, bos_token: '<s>', eos_token: '</s>', tools: null },
      { budget, now },
    );
    return { steps: budget.steps / templateLimits.steps, bytes: budget.bytes / templateLimits.bytes };
  }

  it('the longest published template uses less than a tenth of the budget for 2,000 messages', () => {
    const { steps, bytes } = usage(longest[0]?.source ?? '');
    expect([steps, bytes]).toEqual([expect.toSatisfy(below(0.1)), expect.toSatisfy(below(0.1))]);
  });

  // For each message, this template walks all earlier messages, which makes two million turns of a loop.
  const quadratic = new Set(['google-gemma-4-31B-it']);

  it('every published template that walks the messages once uses less than a tenth of the budget', () => {
    const over = longest.filter(({ name, source }) => {
      if (quadratic.has(name) || digests[name] === undefined || failsWithoutTools.has(name)) return false;
      const { steps, bytes } = usage(source);
      return steps >= 0.1 || bytes >= 0.1;
    });
    expect(over.map(({ name }) => name)).toEqual([]);
  });
});

const below = (limit: number) => (value: number) => value > 0 && value < limit;

/** Kinds of templates that work only with tools. */
const failsWithoutTools = new Set([
  'CohereForAI-c4ai-command-r-plus-tool_use',
  'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use',
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use',
  'fireworks-ai-llama-3-firefunction-v2',
]);
