// What a user should know although a model loads: told once, by the receiver that the user gave.
import { cpu } from '@rondo/backend-cpu';
import type { RondoWarning } from '@rondo/errors';
import { encodeGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { expect, it, vi } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { CONTEXT, loadDemo } from './support/demo.ts';

it('a context beyond what the model was trained for is warned of, with both lengths', async () => {
  const warnings: RondoWarning[] = [];
  await using model = await loadDemo({ context: 4096, onWarning: (warning) => warnings.push(warning) });
  const trainedTokens = model.config.contextLength;
  expect(trainedTokens).toBeLessThan(4096);
  expect(warnings).toEqual([
    expect.objectContaining({
      code: 'CONTEXT_BEYOND_TRAINING',
      details: { contextTokens: 4096, trainedTokens },
    }),
  ]);
});

it('a context within what the model was trained for is not warned of', async () => {
  const onWarning = vi.fn();
  await using model = await loadDemo({ context: CONTEXT, onWarning });
  expect(model.budget.contextTokens).toBe(CONTEXT);
  expect(onWarning).not.toHaveBeenCalled();
});

it('a context beyond the positions that a model has learned is refused, with both lengths', async () => {
  const bytes = await encodeGguf(synthesize(synthShapes['tiny-gpt2'], { dtype: 'F32' }));
  await expect(loadModel(memory(bytes), { context: 513 })).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('position_embd.weight'),
    details: { contextTokens: 513, trainedTokens: 512 },
  });
  await using model = await loadModel(memory(bytes), { context: 512 });
  expect(model.budget.contextTokens).toBe(512);
});

it('a warning receiver that throws ends the load with its error', async () => {
  const error = new Error('receiver');
  const onWarning = () => {
    throw error;
  };
  await expect(loadDemo({ context: 4096, onWarning })).rejects.toBe(error);
});

it('what a backend warns of, its model warns of', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  const warnings: RondoWarning[] = [];
  const onWarning = (warning: RondoWarning) => void warnings.push(warning);
  try {
    await using own = await loadDemo({ context: CONTEXT, backend: cpu(), onWarning });
    await using byDefault = await loadDemo({ context: CONTEXT, backend: undefined, onWarning });
    expect([own.backendDescription, byDefault.backendDescription]).toEqual(
      Array(2).fill(expect.stringContaining("the caller's thread")),
    );
  } finally {
    vi.unstubAllGlobals();
  }
  expect(warnings.map(({ code }) => code)).toEqual(['NO_THREADS', 'NO_THREADS']);
});
