import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModelPath } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-quantize-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a model in F32', () => {
  const f32 = demoModelPath('f32');

  it('rondo quantize writes the file that llama-quantize writes', async () => {
    const out = join(folder, 'a.gguf');
    const { code, stdout, stderr } = await rondoHere(['quantize', f32, '--quant', 'Q4_0', '--out', out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/a\.gguf: 3\.63 MiB in q4_0, from 25\.0 MiB, in /);
    const expected = await readFile(demoModelPath('q4_0'));
    expect(expected.equals(await readFile(out))).toBe(true);
  });

  it('rondo quantize replaces a file only with --force', async () => {
    const args = ['quantize', f32, '--quant', 'f16', '--out', join(folder, 'b.gguf')];
    expect(await rondoHere(args)).toMatchObject({ code: 0 });
    const { mtimeMs } = await stat(join(folder, 'b.gguf'));
    expect(await rondoHere(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expect((await stat(join(folder, 'b.gguf'))).mtimeMs).toBe(mtimeMs);
    expect(await rondoHere([...args, '--force'])).toMatchObject({ code: 0 });
    expect((await stat(join(folder, 'b.gguf'))).mtimeMs).toBeGreaterThan(mtimeMs);
  });

  it('rondo quantize leaves no file behind when aborted', async () => {
    const controller = new AbortController();
    const args = ['quantize', f32, '--quant', 'q6_k', '--out', join(folder, 'c.gguf')];
    const begun = async () => (await readdir(folder)).some((name) => name.startsWith('c.'));
    const run = rondoHere(args, { signal: controller.signal });
    await vi.waitUntil(begun, { timeout: 300_000, interval: 1 });
    controller.abort();
    expect(await run).toMatchObject({ code: 130 });
    expect((await readdir(folder)).filter((name) => name.startsWith('c.'))).toEqual([]);
  });
});

it('rondo quantize takes a quantized model only on request', async () => {
  const args = ['quantize', 'demo', '--quant', 'q4_k_m', '--out', join(folder, 'd.gguf')];
  expect(await rondoHere(args)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('quantized already'),
  });
  expect((await readdir(folder)).filter((name) => name.startsWith('d.'))).toEqual([]);
  expect(await rondoHere([...args, '--requantize'])).toMatchObject({ code: 0 });
  const generate = ['generate', join(folder, 'd.gguf'), '-p', 'ROMEO:', '-n', '4', '--temperature', '0'];
  expect(await rondoHere(generate)).toMatchObject({ code: 0, stdout: expect.stringMatching(/\w/) });
});

it('rondo quantize names the quantizations in the error of an unknown one', async () => {
  const { code, stderr } = await rondoHere(['quantize', 'demo', '--quant', 'q9', '--out', 'e.gguf']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('q4_k_m') });
});
