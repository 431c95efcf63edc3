import { expect, it } from 'vitest';
import { fuzz, type FuzzOptions } from './fuzz.ts';

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/** Looks for four bytes one after another: by chance alone that would take 2^32 inputs. */
async function target(input: Uint8Array): Promise<string> {
  if (input[0] === 0x52) {
    if (input[1] === 0x4f) {
      if (input[2] === 0x4e) {
        if (input[3] === 0x44) throw new Error('reached');
      }
    }
  }
  return input.length === 0 ? 'empty' : 'none';
}

const options: FuzzOptions = {
  target,
  seeds: [new Uint8Array(4)],
  covers: 'testkit/src/fuzz/fuzz.test.ts',
  effort: { inputs: 2 ** 24 },
  maxBytes: 16,
};

it('fuzz finds an input that only coverage leads to, and returns it', async () => {
  const { finding, corpus, executions } = await fuzz(options);
  expect(finding?.error).toEqual(new Error('reached'));
  expect(text(finding?.input ?? new Uint8Array()).slice(0, 4)).toBe('ROND');
  expect(executions).toBeLessThan(2 ** 24);
  expect(corpus.map((input) => text(input).slice(0, 3))).toContain('RON');
});

it('fuzz keeps seeds that add coverage, and inputs with a new outcome', async () => {
  const seeds = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(0x52), Uint8Array.of(0x52, 0x4f)];
  const { corpus, executions } = await fuzz({ ...options, seeds, effort: { inputs: 0 } });
  expect(corpus).toEqual([Uint8Array.of(1), Uint8Array.of(0x52), Uint8Array.of(0x52, 0x4f)]);
  expect(executions).toBe(4);
  const { outcomes } = await fuzz({
    ...options,
    target: async (input) => `${input.length}`,
    effort: { inputs: 1000 },
  });
  expect(outcomes.size).toBeGreaterThan(5);
});
