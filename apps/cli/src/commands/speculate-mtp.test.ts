// `--speculate mtp`: the same text, the memory in a plan, and what is refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes, withMtpBlock } from '@rondo/synth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
let model = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-mtp-'));
  model = join(folder, 'mtp.gguf');
  const shape = withMtpBlock(synthShapes['tiny-qwen35']);
  await writeFile(model, await encodeGguf(synthesize(shape, { dtype: 'Q8_0' })));
});
afterAll(() => rm(folder, { recursive: true }));

const small = ['--context', '64', '--memory', '64MB', '--json'];

/** The report of a command that succeeds. */
async function report(...command: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await rondoHere([...command, ...small]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

describe('--speculate mtp', () => {
  it('generate --speculate mtp gives the same tokens, and reports the speculation', async () => {
    const generate = ['generate', model, '-p', 'so it begins', '-n', '8', '--seed', '1'];
    const plain = (await report(...generate)) as { tokenIds: number[] };
    const speculating = await report(...generate, '--speculate', 'mtp');
    expect(speculating).toMatchObject({
      tokenIds: plain.tokenIds,
      speculation: { proposed: expect.any(Number), passes: expect.any(Number) },
    });
  });

  it('plan --speculate mtp has the weights of the MTP block', async () => {
    const bytesOf = async (...flags: string[]) => {
      const planned = (await report('plan', model, ...flags)) as { budget: { allWeightBytes: number } };
      return planned.budget.allWeightBytes;
    };
    expect(await bytesOf('--speculate', 'mtp')).toBeGreaterThan(await bytesOf());
  });

  it('a model without an MTP block is refused', async () => {
    const { code, stderr } = await rondoHere(['generate', 'demo', '-p', 'ROMEO:', '--speculate', 'mtp']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/MTP block/);
  });
});
