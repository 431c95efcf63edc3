// `rondo generate --profile`: the file, the summary, and what is refused.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-profile-'));
});
afterAll(() => rm(folder, { recursive: true }));

const generate = (name: string, ...options: string[]) =>
  rondoHere([
    'generate',
    name,
    '-p',
    'so it begins',
    '-n',
    '4',
    '--seed',
    '1',
    '--context',
    '64',
    ...options,
  ]);

describe('generate --profile', () => {
  it('writes a trace, and a summary to stderr; the text is the same', async () => {
    const trace = join(folder, 'run.json');
    const plain = await generate('demo');
    const { code, stdout, stderr } = await generate('demo', '--profile', trace);
    expect({ code, stdout }).toEqual({ code: 0, stdout: plain.stdout });
    expect(stderr).toMatch(/Profile of 4 passes, .*, \d+ threads/);
    expect(stderr).toMatch(/matmul Q8_0 +\d+ ms +\d+% +[\d.]+ [KMG]iB\/s/);
    const { traceEvents } = JSON.parse(await readFile(trace, 'utf8')) as { traceEvents: { name: string }[] };
    expect(traceEvents.filter(({ name }) => name.startsWith('pass ')).length).toBe(4);
    expect(await readdir(folder)).toEqual(['run.json']);
  });

  it('replaces no file, and says so before the model is loaded', async () => {
    const trace = join(folder, 'taken.json');
    await writeFile(trace, 'mine');
    const { code, stderr } = await generate(join(folder, 'no-such-model.gguf'), '--profile', trace);
    expect(code).toBe(1);
    expect(stderr).toMatch(/taken\.json exists already\. Give another name\./);
    expect(await readFile(trace, 'utf8')).toBe('mine');
  });

  it('a folder that is missing is named before the model is loaded', async () => {
    const trace = join(folder, 'no-such-folder', 'run.json');
    const { code, stdout, stderr } = await generate('demo', '--profile', trace);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/run\.json cannot be written/);
  });
});
