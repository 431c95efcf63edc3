import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-synth-'));
});
afterAll(() => rm(folder, { recursive: true }));

const synth = (out: string, ...more: string[]) =>
  rondoHere(['synth', '--shape', 'tiny', '--out', join(folder, out), ...more]);

it('rondo synth makes a model that runs', async () => {
  expect(await synth('a.gguf', '--quant', 'q4_k', '--layers', '2')).toMatchObject({ code: 0, stdout: '' });
  const inspected = await rondoHere(['inspect', join(folder, 'a.gguf'), '--json']);
  expect(JSON.parse(inspected.stdout).metadata['llama.block_count'].value).toBe(2);
  const generated = await rondoHere([
    'generate',
    join(folder, 'a.gguf'),
    '-p',
    'hello',
    '-n',
    '5',
    '--temperature',
    '0',
    '--json',
  ]);
  expect(generated).toMatchObject({ code: 0 });
  expect(JSON.parse(generated.stdout).tokenIds).toHaveLength(5);
});

it('rondo synth takes the vocabulary of another model', async () => {
  expect(await synth('v.gguf', '--vocab', 'demo')).toMatchObject({ code: 0 });
  const inspected = await rondoHere(['inspect', join(folder, 'v.gguf'), '--json']);
  expect(JSON.parse(inspected.stdout).metadata['llama.vocab_size'].value).toBe(1024);
});

it('rondo synth replaces a file only with --force', async () => {
  expect(await synth('b.gguf')).toMatchObject({ code: 0 });
  const before = await readFile(join(folder, 'b.gguf'));
  expect(await synth('b.gguf', '--seed', '2')).toMatchObject({ code: 1 });
  expect(await readFile(join(folder, 'b.gguf'))).toEqual(before);
  expect(await synth('b.gguf', '--seed', '2', '--force')).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, 'b.gguf'))).not.toEqual(before);
});

it('rondo synth leaves no file behind when aborted', async () => {
  const signal = AbortSignal.abort();
  const out = join(folder, 'c.gguf');
  expect(await rondoHere(['synth', '--shape', 'tiny', '--out', out], { signal })).toMatchObject({
    code: 130,
  });
  expect((await readdir(folder)).filter((name) => name.startsWith('c.'))).toEqual([]);
});

it('rondo synth names the types in the error of an unknown one', async () => {
  const { code, stderr } = await synth('d.gguf', '--quant', 'q9');
  expect(code).toBe(2);
  expect(stderr).toContain('q4_k');
});
