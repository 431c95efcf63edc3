// `rondo generate --trace-experts`: the file, and what is refused.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExpertTrace } from '@rondo/cache';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
let model = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-traces-'));
  model = join(folder, 'experts.gguf');
  await writeFile(model, await encodeGguf(synthesize(synthShapes['tiny-experts'], { dtype: 'Q4_0' })));
});
afterAll(() => rm(folder, { recursive: true }));

const generate = (name: string, trace: string, ...options: string[]) => {
  const command = ['generate', name, '-p', 'so it begins', '-n', '4', '--seed', '1'];
  return rondoHere([...command, '--trace-experts', trace, ...options]);
};

describe('generate --trace-experts', () => {
  it('generate --trace-experts writes a record for each layer and pass', async () => {
    const trace = join(folder, 'experts.trace');
    const { code, stdout, stderr } = await generate(
      model,
      trace,
      '--json',
      '--context',
      '64',
      '--memory',
      '64MB',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { header, records } = readExpertTrace(await readFile(trace, 'utf8'), trace);
    expect(header).toMatchObject({ layers: 3, experts: 8, used: 2 });
    // No path of this machine.
    expect(header.source).not.toContain('/');
    const report = JSON.parse(stdout) as {
      promptTokenIds: number[];
      tokenIds: number[];
      cache: { experts: { asked: number; hits: number } };
    };
    const rows = records.filter(({ layer }) => layer === 1).reduce((sum, one) => sum + one.rows.length, 0);
    // The last token is not computed.
    expect(rows).toBe(report.promptTokenIds.length + report.tokenIds.length - 1);
    const asked = records.reduce((sum, one) => sum + new Set(one.rows.flat()).size, 0);
    expect(report.cache.experts.asked).toBe(asked);
  });

  it('generate --trace-experts replaces no file, and says so before the model is loaded', async () => {
    const trace = join(folder, 'taken.trace');
    await writeFile(trace, 'mine');
    const { code, stdout, stderr } = await generate(join(folder, 'no-such-model.gguf'), trace);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/taken\.trace exists already\. Give another name\./);
    expect(await readFile(trace, 'utf8')).toBe('mine');
  });

  it('generate --trace-experts refuses a model without experts, by name, and writes nothing', async () => {
    const trace = join(folder, 'dense.trace');
    const { code, stdout, stderr } = await generate('demo', trace);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--trace-experts records experts, and demo has none/);
    expect(await readdir(folder)).not.toContain('dense.trace');
  });

  it('generate --trace-experts names a folder that there is not', async () => {
    const { code, stderr } = await generate(model, join(folder, 'nowhere', 'a.trace'), '--context', '64');
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.trace cannot be written/);
  });
});
