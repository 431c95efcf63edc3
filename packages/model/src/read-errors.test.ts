// Row 101: a source that fails under a running model fails that request, and only that one.
import { RondoError } from '@rondo/errors';
import { hookedSource } from '@rondo/testkit';
import { expect, it } from 'vitest';
import { loadModel } from './load-model.ts';
import { CONTEXT, demoSource, greedy, THREE_LAYERS } from './test-support/demo.ts';

it('a read error at any layer ends the request with that error; the next one works', async () => {
  let fail = false;
  const failure = new RondoError('READ_FAILED', 'The disk is gone.');
  const source = hookedSource(await demoSource(), () => {
    if (fail) throw failure;
  });
  await using model = await loadModel(source, { context: CONTEXT, memory: THREE_LAYERS });
  const expected = await greedy(model, 'ROMEO:', 5);
  for (let round = 0; round < 3; round++) {
    const generation = model.generate('JULIET:', { maxTokens: 50, temperature: 0 });
    for (let token = 0; token < round; token++) await generation.next();
    fail = true;
    await expect(generation.next()).rejects.toBe(failure);
    fail = false;
    expect(await greedy(model, 'ROMEO:', 5)).toEqual(expected);
  }
});
