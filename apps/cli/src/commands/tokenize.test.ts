import { readFile } from 'node:fs/promises';
import { demoModelPath, demoReferencePath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

async function tokenIds(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await rondoHere(['tokenize', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('tokenize', () => {
  it('gives the ids, with and without the token that begins a text', async () => {
    expect(await tokenIds('demo', '--text', 'ROMEO:')).toEqual({ tokenIds: [1020, 833, 25] });
    expect(await tokenIds('demo', '--text', 'ROMEO:', '--no-bos')).toEqual({ tokenIds: [833, 25] });
    expect(await tokenIds('demo', '--text', '', '--no-bos')).toEqual({ tokenIds: [] });
  });

  it('shows ids and pieces, also of bytes that are no character', async () => {
    const { stdout, stderr } = await rondoHere(['tokenize', 'demo', '--text', 'ROMEO: é\n']);
    expect(stdout).toBe(
      '1020  "<|endoftext|>"\n 833  "ROMEO"\n  25  ":"\n 220  " "\n 127  Ã\n 102  ©\n 198  "\\n"\n',
    );
    expect(stderr).toBe('7 tokens\n');
    expect(await rondoHere(['tokenize', 'demo', '--text', '', '--no-bos'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '0 tokens\n',
    });
  });

  it('reads a text from stdin, and says what is wrong with a file', async () => {
    const { stdout } = await rondoHere(['tokenize', 'demo', '--file', '-', '--json'], { input: 'ROMEO:' });
    expect(JSON.parse(stdout)).toEqual({ tokenIds: [1020, 833, 25] });
    const absent = await rondoHere(['tokenize', 'demo', '--file', 'absent.txt']);
    expect(absent).toMatchObject({ code: 1, stdout: '' });
    expect(absent.stderr).toMatch(/^rondo: .*absent\.txt.*\(READ_FAILED\)\n$/);
  });
});

describe('against llama.cpp', () => {
  it('gives the ids of the reference prompts', async () => {
    const { greedy } = JSON.parse(await readFile(demoReferencePath('RESULTS.json'), 'utf8')) as {
      greedy: Record<string, { prompt: string; prompt_ids: number[] }[]>;
    };
    const runs = greedy['shakespeare-q8_0.gguf'] ?? [];
    expect(runs.length).toBeGreaterThan(0);
    for (const { prompt, prompt_ids } of runs) {
      const path = demoModelPath('q8_0');
      expect(await tokenIds(path, '--text', prompt)).toEqual({ tokenIds: prompt_ids });
    }
  });
});
