// 38, 61: options of another kind are refused by their names, before anything is waited for.
import type { CachePolicy } from '@rondo/cache';
import { expect, it } from 'vitest';
import type { GenerateOptions, LoadOptions } from './options.ts';
import { draftModel } from './speculation/index.ts';
import { greedy, loadDemo, THREE_LAYERS } from './test-support/demo.ts';
import { adaptive } from '@rondo/cache';

it.each([
  ['cache', 'lru'],
  ['cache', {}],
  ['prefetch', 'async'],
  ['kvCacheDtype', 'Q4_0'],
  ['grain', 'x'],
  ['context', 2.5],
  ['sessions', '2'],
  ['backend', 'cpu'],
  ['onWarning', 'log'],
  ['signal', new AbortController()],
] as const)('loadModel: %s = %o is refused', async (option, value) => {
  const options = { [option]: value } as unknown as LoadOptions;
  await expect(loadDemo(options)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});

it('generate: options and tokens of another kind are refused, and the next text works', async () => {
  await using model = await loadDemo();
  for (const [option, value] of [
    ['maxTokens', 2.5],
    ['maxTokens', '8'],
    ['maxTokens', -1],
    ['stop', 7],
    ['stop', [7]],
    ['speculate', 'draft'],
    ['onPrefill', true],
    ['signal', {}],
  ]) {
    const options = { [String(option)]: value } as unknown as GenerateOptions;
    await expect(
      model.generate('ROMEO:', options).next(),
      `${String(option)} = ${String(value)}`,
    ).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  }
  for (const ids of [[undefined], [1, null], [1.5], ['5'], [Number.NaN]]) {
    await expect(model.generate(ids as unknown as number[]).next(), String(ids)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  }
  expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
});

it('61: a model that is to draft for itself is refused, and its session is free', async () => {
  await using model = await loadDemo();
  const speculate = draftModel(model, { tokens: 2 });
  await expect(model.generate('ROMEO:', { speculate }).next()).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
  });
  expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
});

it('38: a policy that throws fails the request with its name, and the model can be disposed of', async () => {
  let throws = false;
  const inner = adaptive<number>();
  const cache: CachePolicy<number> = {
    ...inner,
    name: 'mine',
    added(...given) {
      if (throws) throw new Error('policy');
      inner.added(...given);
    },
  };
  const model = await loadDemo({ memory: THREE_LAYERS, cache });
  throws = true;
  await expect(greedy(model, 'ROMEO:', 4)).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    details: { policy: 'mine', method: 'added' },
  });
  await model.dispose();
});

it('39: a text that was begun and forgotten gives its session back', async () => {
  await using model = await loadDemo();
  const begin = async () => {
    await model.generate('ROMEO:').next();
  };
  await begin();
  const next = greedy(model, 'JULIET:', 2);
  const done = next.then(() => true);
  const nextTurn = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
  for (let turn = 0; turn < 2000; turn++) {
    globalThis.gc?.();
    if (await Promise.race([done, nextTurn()])) break;
  }
  expect(globalThis.gc).toBeDefined();
  expect(await next).toHaveLength(2);
});
