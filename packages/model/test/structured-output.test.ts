// Structured output of the demo model: texts match their schema, grammar or expression, whatever else is asked.
import type { RondoWarning } from '@rondo/errors';
import { memory } from '@rondo/source';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, promptLookup, type GenerateOptions, type Model } from '../src/index.ts';
import { demoBytes } from './support/demo.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    tags: { type: 'array', items: { enum: ['king', 'fool'] }, minItems: 1, maxItems: 3 },
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
} as const;

interface Person {
  readonly name: string;
  readonly age: number;
  readonly tags: readonly string[];
}

let bytes: Uint8Array = new Uint8Array();
let model: Model;
const warnings: RondoWarning[] = [];
beforeAll(async () => {
  bytes = await demoBytes();
  const onWarning = (warning: RondoWarning) => warnings.push(warning);
  model = await loadModel(memory(bytes), { context: 1100, sessions: 2, onWarning });
});
afterAll(() => model.dispose());

async function written(options: GenerateOptions, from: Model = model) {
  let text = '';
  for await (const part of from.generate('ROMEO:', { maxTokens: 1024, ...options })) {
    text += part.text;
    if (part.summary) return { text, reason: part.summary.reason, ids: part.summary.tokenIds };
  }
  throw new Error('The generation has no end.');
}

describe('schema', () => {
  it('every drawn text that ends is JSON that the schema describes', async () => {
    let ended = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { text, reason } = await written({ schema, temperature: 1.2, seed });
      if (reason !== 'end') continue;
      ended++;
      const { name, age, tags, ...rest } = JSON.parse(text) as Person;
      expect(rest).toEqual({});
      expect([...name].length).toBeLessThanOrEqual(12);
      expect(Number.isInteger(age) && age >= 0 && age <= 120).toBe(true);
      expect(tags.length).toBeGreaterThan(0);
      for (const tag of tags) expect(['king', 'fool']).toContain(tag);
    }
    expect(ended).toBeGreaterThanOrEqual(11);
  });

  it('the text is the same greedy or seeded, streamed, with speculation, and beside another text', async () => {
    await using streamed = await loadModel(memory(bytes), { context: 512, memory: '7MB' });
    expect(streamed.streams).toBe(true);
    for (const options of [
      { schema, temperature: 0 },
      { schema, temperature: 1, seed: 5 },
    ]) {
      const plain = await written(options);
      expect(plain.reason).toBe('end');
      expect(await written(options, streamed)).toEqual(plain);
      expect(await written({ ...options, speculate: promptLookup() })).toEqual(plain);
      const [first, other] = await Promise.all([
        written(options),
        written({ regex: '(to|fro){3}', temperature: 0 }),
      ]);
      expect(first).toEqual(plain);
      expect(other.text).toMatch(/^(to|fro){3}$/);
    }
  });

  it('keywords that are not imposed are named by one warning', async () => {
    const before = warnings.length;
    const loose = { type: 'array', items: { enum: [1, 2] }, maxItems: 2, uniqueItems: true };
    await written({ schema: loose, temperature: 0 });
    await written({ schema: loose, temperature: 0 });
    const added = warnings.slice(before);
    expect(added.map(({ code }) => code)).toEqual(['SCHEMA_KEYWORDS_IGNORED']);
    expect(added[0]?.message).toContain('uniqueItems');
  });
});

describe('grammar and regex', () => {
  it('a text follows a grammar in GBNF, and ends where nothing more may come', async () => {
    const grammar = 'root ::= "I am " ("Romeo" | "Juliet") "."';
    const { text, reason } = await written({ grammar, temperature: 0 });
    expect(text).toMatch(/^I am (Romeo|Juliet)\.$/);
    expect(reason).toBe('end');
  });

  it('a text matches a regular expression as a whole', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { text, reason } = await written({ regex: /[A-Z][a-z]{2,6}( [0-9]+)?!/, seed, temperature: 1.5 });
      if (reason === 'end') expect(text).toMatch(/^[A-Z][a-z]{2,6}( [0-9]+)?!$/);
      else expect(reason).toBe('length');
    }
  });

  it('a stop text ends a constrained text as any other', async () => {
    const { text, reason } = await written({ regex: 'a+b+c+', stop: 'b', temperature: 0, maxTokens: 60 });
    expect({ isStart: /^a*$/.test(text), reason: ['stop', 'length'].includes(reason) }).toEqual({
      isStart: true,
      reason: true,
    });
  });

  it('log probabilities are those of the model, not of the grammar', async () => {
    const parts = [];
    for await (const part of model.generate('ROMEO:', { regex: 'zebra', temperature: 0, logprobs: 1 }))
      if (part.logprobs) parts.push(part.logprobs);
    expect(parts.length).toBeGreaterThan(0);
    // The model never expects a zebra, so the likeliest token is another.
    expect(parts[0]?.logprob).toBeLessThan(parts[0]?.top[0]?.logprob ?? -Infinity);
  });
});

describe('bad input', () => {
  it.each([
    ['two grammars', { schema: {}, regex: 'a' }, 'BAD_ARGUMENT', /schema, regex/],
    ['a schema that is no object', { schema: 'object' as unknown as object }, 'BAD_ARGUMENT', /schema/],
    ['a grammar that is no text', { grammar: 5 as unknown as string }, 'BAD_ARGUMENT', /grammar/],
    ['a grammar that cannot be read', { grammar: 'root ::= (' }, 'BAD_GRAMMAR', /./],
    ['an empty grammar', { grammar: '' }, 'BAD_GRAMMAR', /./],
    ['a grammar that begins with itself', { grammar: 'root ::= root "a" | "b"' }, 'BAD_GRAMMAR', /root/],
    [
      'a schema that nothing satisfies',
      { schema: { type: 'array', minItems: 2, maxItems: 1 } },
      'BAD_GRAMMAR',
      /./,
    ],
    ['an expression that looks behind', { regex: '(?<=a)b' }, 'BAD_GRAMMAR', /./],
  ])('%s is refused, and the next text is as ever', async (_, options, code, message) => {
    await expect(written(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await written({ regex: 'ok', temperature: 0 })).text).toBe('ok');
  });

  it('an abort ends a constrained text with its reason', async () => {
    const controller = new AbortController();
    const run = async () => {
      for await (const { tokenId } of model.generate('ROMEO:', {
        regex: '[a-z]{200}',
        signal: controller.signal,
      }))
        if (tokenId !== undefined) controller.abort(new Error('enough'));
    };
    await expect(run()).rejects.toThrow('enough');
  });
});
