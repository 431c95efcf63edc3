// 38, 61: options of another kind are refused by their names, before anything is waited for.
import type { CachePolicy } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import { async } from '@rondo/prefetch';
import { expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import type { ChatOptions } from '../src/conversation/chat-options.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import type { LoadOptions } from '../src/engine/load-options.ts';
import type { PerplexityOptions } from '../src/generation/perplexity.ts';
import { perplexity } from '../src/generation/perplexity.ts';
import { plan } from '../src/engine/plan.ts';
import { draftModel, promptLookup } from '../src/generation/speculation/index.ts';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';
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

it.each([null, 5, 'x', ['memory'], Symbol('s')])(
  'loadModel: %s in place of options is refused',
  async (options) => {
    await expect(loadModel('demo', options as unknown as LoadOptions)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  },
);

it.each(['threads', 'contextSize', 'toString', '__proto__x'])(
  'loadModel and plan refuse an option that there is not, %s, and say which there are',
  async (name) => {
    const options = { context: 64, [name]: 4 } as LoadOptions;
    const refused = {
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(`"${name}".*memory, context`),
      details: { option: name },
    };
    await expect(loadModel('demo', options)).rejects.toMatchObject(refused);
    await expect(plan('demo', options)).rejects.toMatchObject(refused);
  },
);

it.each<[string, unknown, RegExp]>([
  ['context', [], /^context must be a whole number, at least 1, not \[\]\.$/],
  ['context', [4, 5], /not \[4, 5\]\.$/],
  ['grain', Object.create(null), /^grain must be one of tensor, layer, not an object\.$/],
  ['signal', [new AbortController()], /^signal must be an AbortSignal, not \[an object\]\.$/],
  ['cache', Object.create(null), /^A cache policy is .* an object is none\.$/],
  ['memory', Object.create(null), /^an object is no amount of memory/],
  ['memory', ['2GiB'], /^\["2GiB"\] is no amount of memory/],
])('loadModel: %s of another kind is shown in the message (case %#)', async (option, value, message) => {
  const options = { [option]: value } as unknown as LoadOptions;
  await expect(loadDemo(options)).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringMatching(message),
  });
});

it('numbers of another kind are refused with what was given, never by a bare TypeError', async () => {
  await using model = await loadDemo();
  const bare = Object.create(null) as number;
  const refused = { code: 'BAD_ARGUMENT' };
  for (const wrong of [bare, Symbol('s') as unknown as number, [] as unknown as number]) {
    expect(() => promptLookup({ tokens: wrong })).toThrow(expect.objectContaining(refused));
    expect(() => async({ distance: wrong })).toThrow(expect.objectContaining(refused));
    expect(() => model.tokenizer.encode(wrong as unknown as string)).toThrow(
      expect.objectContaining(refused),
    );
    await expect(model.layers.setPrefetchDistance(wrong)).rejects.toMatchObject(refused);
    await expect(model.layers.setCacheSize({ bytes: wrong })).rejects.toMatchObject(refused);
    await expect(loadModel(wrong as unknown as string)).rejects.toMatchObject(refused);
    await expect(model.generate([wrong]).next()).rejects.toMatchObject(refused);
  }
});

it('an option that is undefined says nothing, whatever its name is', async () => {
  await using model = await loadDemo({ threads: undefined, memory: undefined } as LoadOptions);
  expect(await greedy(model, 'ROMEO:', 1)).toHaveLength(1);
});

it('what is no prompt, message, system message or text of a perplexity is refused', async () => {
  await using model = await loadDemo();
  const refused = { code: 'BAD_ARGUMENT' };
  for (const wrong of [null, 5, {}, true, 1n, Symbol('s'), new DataView(new ArrayBuffer(8))]) {
    const text = wrong as unknown as string;
    await expect(model.generate(text).next(), String(wrong)).rejects.toMatchObject(refused);
    await expect(model.createChat().send(text).next(), String(wrong)).rejects.toMatchObject(refused);
    expect(() => model.createChat({ system: text }), String(wrong)).toThrow(RondoError);
    await expect(perplexity(model, text), String(wrong)).rejects.toMatchObject(refused);
    expect(() => model.tokenizer.encode(text), String(wrong)).toThrow(RondoError);
    await expect(model.tokenizer.encodeInSteps(text), String(wrong)).rejects.toMatchObject(refused);
    await expect(model.layers.setCacheSize(text as never), String(wrong)).rejects.toMatchObject(refused);
    expect(() => model.tokenizer.decode(text as never), String(wrong)).toThrow(RondoError);
  }
});

it('options that there are not are refused by generate, createChat, send and perplexity', async () => {
  await using model = await loadDemo();
  const typo = { max_tokens: 2, repetitionPenalty: 1.1 } as GenerateOptions;
  const refused = { code: 'BAD_ARGUMENT', details: { option: 'max_tokens' } };
  await expect(model.generate('ROMEO:', typo).next()).rejects.toMatchObject(refused);
  await expect(model.createChat().send('Hello', typo).next()).rejects.toMatchObject(refused);
  expect(() => model.createChat({ systemPrompt: 'Be brief' } as ChatOptions)).toThrow('"systemPrompt"');
  expect(() => model.createChat('Be brief' as unknown as ChatOptions)).toThrow('"Be brief"');
  await expect(perplexity(model, 'text', { window: 64 } as PerplexityOptions)).rejects.toThrow('"window"');
  for (const option of ['temperature', 'topK', 'topP', 'minP', 'repeatPenalty', 'repeatLastN', 'seed']) {
    for (const value of [null, true, '1', 1n, Symbol('s')]) {
      const options = { [option]: value } as GenerateOptions;
      await expect(model.generate('ROMEO:', options).next(), option).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
      });
    }
  }
});

it('a strategy that was not called, or that gives nothing, is refused, and the next text works', async () => {
  const refused = { code: 'BAD_ARGUMENT', message: expect.stringContaining('with parentheses') };
  for (const prefetch of [() => undefined, async, () => ({ stop() {} })])
    await expect(loadDemo({ prefetch } as unknown as LoadOptions)).rejects.toMatchObject(refused);
  await using model = await loadDemo();
  for (const speculate of [() => undefined, promptLookup, () => ({ tokens: 2 })]) {
    const options = { speculate } as unknown as GenerateOptions;
    await expect(model.generate('ROMEO:', options).next()).rejects.toMatchObject(refused);
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
