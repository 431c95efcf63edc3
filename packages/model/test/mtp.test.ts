// Speculation by the MTP block of a model: its predictions are right, and the text is the text without it.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf, u32 } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { plan } from '../src/engine/plan.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import type { GenerationSummary } from '../src/generation/generation-part.ts';
import { mtp } from '../src/generation/speculation/index.ts';
import type { Predictor, SpeculationStrategy } from '../src/generation/speculation/strategy.ts';
import type { Model } from '../src/model.ts';
import { edited } from './support/demo.ts';
import { losable } from './support/losable.ts';
import { f32Tensor, loadMtp, mtpCalculation, mtpFile, mtpNames, mtpPrompt, WIDTH } from './support/mtp.ts';

/** One backend for all models, because each new one starts a thread. */
const backend = await cpu({ threads: 1 });
afterAll(() => backend.dispose());

async function summaryOf(model: Model, options: GenerateOptions = {}, prompt = mtpPrompt) {
  let last: GenerationSummary | undefined;
  for await (const { summary } of model.generate(prompt, { maxTokens: 16, temperature: 0, ...options }))
    last = summary;
  if (!last) throw new Error('The generation ended without a summary.');
  return last;
}

/** The largest difference between two rows. */
const distance = (a: Iterable<number>, b: readonly number[]) =>
  Math.max(...[...a].map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));

describe.each(mtpNames)('predictions of the MTP block (%s)', (name) => {
  it('hidden rows and predictions are those of an independent calculation', async () => {
    const file = await mtpFile(name, 'F32');
    const calculation = await mtpCalculation(file, backend);
    const rows: number[][] = [];
    let used: Predictor | undefined;
    const recording: SpeculationStrategy = (_, predictor) => {
      used = predictor;
      return {
        tokens: 1,
        msPerToken: undefined,
        onHidden(some, first) {
          rows.length = first;
          for (let start = 0; start < some.length; start += WIDTH)
            rows.push([...some.subarray(start, start + WIDTH)]);
        },
        propose: async () => ({ ids: [], evidence: 0 }),
      };
    };
    await using model = await loadMtp(file, { backend });
    await summaryOf(model, { speculate: recording, maxTokens: 1 });
    const hidden = await calculation.hiddenRows(mtpPrompt);
    expect(rows).toHaveLength(mtpPrompt.length);
    for (const [index, row] of rows.entries()) expect(distance(row, hidden[index] ?? [])).toBeLessThan(1e-4);

    const ids = mtpPrompt.slice(1);
    const expected = await calculation.predictions(ids, hidden);
    for (const end of [1, 7, ids.length]) {
      const pairs = { ids: ids.slice(0, end), hidden: Float32Array.from(hidden.slice(0, end).flat()) };
      const prediction = await used?.predict({ ...pairs, position: 0 });
      expect(prediction?.id).toBe(expected[end - 1]?.id);
      expect(distance(prediction?.hidden ?? [], expected[end - 1]?.hidden ?? [])).toBeLessThan(1e-4);
    }
  });

  it('mtp() proposes what the block predicts in a chain, after refused proposals as well', async () => {
    const file = await mtpFile(name, 'F32');
    const calculation = await mtpCalculation(file, backend);
    const proposals: { readonly ids: readonly number[]; readonly proposed: readonly number[] }[] = [];
    const recording: SpeculationStrategy = (tokenizer, predictor) => {
      const drafter = mtp({ tokens: 3 })(tokenizer, predictor);
      return {
        ...drafter,
        async propose(ids, most, signal) {
          const proposal = await drafter.propose(ids, most, signal);
          proposals.push({ ids: [...ids], proposed: proposal.ids });
          return proposal;
        },
      };
    };
    await using model = await loadMtp(file, { backend });
    const { tokenIds } = await summaryOf(model, { speculate: recording, maxTokens: 7 });
    const hidden = await calculation.hiddenRows([...mtpPrompt, ...tokenIds]);
    expect(proposals.length).toBeGreaterThan(2);
    for (const { ids, proposed } of proposals) {
      const chain = ids.slice(1);
      const rows = hidden.slice(0, chain.length);
      for (const id of proposed) {
        const last = (await calculation.predictions(chain, rows)).at(-1);
        expect(id).toBe(last?.id);
        chain.push(id);
        rows.push(last?.hidden ?? []);
      }
    }
  });
});

/** A model that continues token `t` with token `t + 1`, as its MTP block predicts. */
async function countingFile(name: (typeof mtpNames)[number]): Promise<Uint8Array> {
  return edited(
    (_, tensors) => {
      const embedding = tensors.get('token_embd.weight');
      if (!(embedding?.data instanceof Uint8Array)) throw new Error('There is no embedding.');
      const rows = new Float32Array(embedding.data.slice().buffer);
      for (const { name: tensor, shape } of tensors.values())
        if (/(attn_output|ssm_out|ffn_down|ffn_down_exps|ffn_down_shexp)\.weight$/.test(tensor))
          tensors.set(tensor, f32Tensor(tensor, shape, new Float32Array(shape.reduce((a, b) => a * b, 1))));
      const next = new Float32Array(rows.length);
      next.set(rows.subarray(0, rows.length - WIDTH), WIDTH);
      tensors.set('output.weight', f32Tensor('output.weight', embedding.shape, next));
      const projection = new Float32Array(2 * WIDTH * WIDTH);
      for (let i = 0; i < WIDTH; i++) projection[i * 2 * WIDTH + i] = 1;
      const pair = 'blk.4.nextn.eh_proj.weight';
      tensors.set(pair, f32Tensor(pair, [WIDTH, 2 * WIDTH], projection));
    },
    await mtpFile(name, 'F32'),
  );
}

describe.each(mtpNames)('the text of a model that speculates with its MTP block (%s)', (name) => {
  const file = mtpFile(name);
  const load = async (options: LoadOptions = {}) => loadMtp(await file, { backend, ...options });
  const choices: Record<string, GenerateOptions> = {
    greedy: {},
    seeded: { temperature: 0.7, seed: 5 },
    'with penalties': { temperature: 0.7, seed: 5, repeatPenalty: 1.2 },
  };
  /** Loads the model in a memory in which weights stream and a batch has room for proposals. */
  async function loadStreamed(options: LoadOptions = {}) {
    const refusal: unknown = await load({ ...options, memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    return load({ ...options, memory: neededBytes + (name === 'qwen35' ? 400_000 : 1_200_000) });
  }
  const plainOf = async (options: GenerateOptions) => {
    await using model = await load({ mtp: false });
    return await summaryOf(model, options);
  };

  it('accepted proposals save passes', async () => {
    const counting = await countingFile(name);
    await using model = await loadMtp(counting, { backend });
    const { tokenIds, speculation } = await summaryOf(
      model,
      { speculate: mtp({ tokens: 3 }) },
      [1, 262, 263],
    );
    expect(tokenIds).toEqual(Array.from({ length: 16 }, (_, index) => 264 + index));
    const { proposed, accepted = 0, passes } = speculation ?? {};
    expect(accepted).toBe(11);
    expect(proposed).toBe(accepted);
    // The first pass gives one token, three passes give four tokens each, and the last pass gives three tokens.
    expect(passes).toBe(5);

    // At a high temperature the sampler refuses some proposals.
    const options = { temperature: 20, seed: 2, topK: 0, topP: 1, minP: 0, maxTokens: 40 };
    await using plain = await loadMtp(counting, { backend, mtp: false });
    const expected = await summaryOf(plain, options, [1, 262, 263]);
    const seeded = await summaryOf(model, { ...options, speculate: mtp({ tokens: 3 }) }, [1, 262, 263]);
    expect(seeded.tokenIds).toEqual(expected.tokenIds);
    expect(seeded.speculation?.accepted).toBeGreaterThan(0);
    expect(seeded.speculation?.accepted).toBeLessThan(seeded.speculation?.proposed ?? 0);
  });

  it.each(['resident', 'streamed'])('%s: the tokens are those without speculation', async (how) => {
    await using plain = await load({ mtp: false });
    await using model = await (how === 'streamed' ? loadStreamed() : load());
    expect(model.streams).toBe(how === 'streamed');
    for (const choice of Object.values(choices)) {
      const options = { ...choice, maxTokens: how === 'streamed' ? 6 : 16 };
      const { tokenIds } = await summaryOf(plain, options);
      for (const speculate of [mtp({ tokens: 3 }), mtp()]) {
        const summary = await summaryOf(model, { ...options, speculate });
        expect(summary.tokenIds).toEqual(tokenIds);
        expect(summary.speculation?.proposed).toBeGreaterThan(0);
      }
    }
  });

  it('streamed at the grain of layers, the tokens are the same', async () => {
    const { tokenIds } = await plainOf({});
    await using model = await loadStreamed({ grain: 'layer' });
    expect(model.streams).toBe(true);
    const summary = await summaryOf(model, { speculate: mtp({ tokens: 2 }) });
    expect(summary.tokenIds).toEqual(tokenIds);
    expect(summary.speculation?.proposed).toBeGreaterThan(0);
  });

  it('two texts that share passes speculate each for itself', async () => {
    const options = { ...choices['seeded'], maxTokens: 8 };
    const prompts = [mtpPrompt, mtpPrompt.slice(0, 11)];
    await using plain = await load({ mtp: false });
    for (const memory of ['resident', 'streamed']) {
      await using shared = await (memory === 'streamed' ? loadStreamed : load)({ sessions: 2 });
      const made = await Promise.all(
        prompts.map((prompt) => summaryOf(shared, { ...options, speculate: mtp({ tokens: 3 }) }, prompt)),
      );
      for (const { speculation } of made) expect(speculation?.proposed).toBeGreaterThan(0);
      for (const [index, prompt] of prompts.entries())
        expect(made[index]?.tokenIds).toEqual((await summaryOf(plain, options, prompt)).tokenIds);
    }
  });

  it('a session that goes back, or on, gives the same tokens', async () => {
    await using model = await load();
    await using plain = await load({ mtp: false });
    const { tokenIds } = await summaryOf(plain);
    const prompts = [
      mtpPrompt,
      mtpPrompt,
      mtpPrompt.slice(0, 12),
      [...mtpPrompt, ...tokenIds.slice(0, 5), 300],
      [...mtpPrompt.slice(0, 20), 301, 302],
    ];
    for (const prompt of prompts) {
      const expected = (await summaryOf(plain, {}, prompt)).tokenIds;
      const made = await summaryOf(model, { speculate: mtp({ tokens: 4 }) }, prompt);
      expect(made.tokenIds).toEqual(expected);
    }
  });

  it('a text that stops, ends at its context or is aborted leaves the model able to go on', async () => {
    await using model = await load();
    await using plain = await load({ mtp: false });
    const { tokenIds } = await summaryOf(plain);
    const stop = plain.tokenizer.decode(tokenIds.slice(6, 8));
    const stopping = await summaryOf(plain, { stop });
    expect(await summaryOf(model, { stop, speculate: mtp({ tokens: 4 }) })).toMatchObject({
      reason: stopping.reason,
      tokenIds: stopping.tokenIds,
    });
    const whole = await summaryOf(plain, { maxTokens: Infinity });
    expect(await summaryOf(model, { maxTokens: Infinity, speculate: mtp({ tokens: 4 }) })).toMatchObject({
      reason: 'context',
      tokenIds: whole.tokenIds,
    });
    for (const after of [1, 4]) {
      const controller = new AbortController();
      const { signal } = controller;
      const parts = model.generate(mtpPrompt, { temperature: 0, signal, speculate: mtp({ tokens: 4 }) });
      let made = 0;
      const aborted = (async () => {
        for await (const _ of parts)
          if (++made === after) queueMicrotask(() => controller.abort(new Error('enough')));
      })();
      await expect(aborted).rejects.toThrow('enough');
      expect(await summaryOf(model, { speculate: mtp({ tokens: 4 }) })).toMatchObject({ tokenIds });
    }
  });
});

it('a backend that is lost, in a prediction or in a pass, changes no token', async () => {
  const file = await countingFile('qwen35');
  const expected = Array.from({ length: 16 }, (_, index) => 264 + index);
  // Five submissions are a pass, and three submissions are a prediction.
  for (const lostAt of [4, 9, 13, 14, 17, 20, 22, 29]) {
    await using model = await loadMtp(file, { backend: losable(lostAt, 1) });
    const { tokenIds, speculation } = await summaryOf(
      model,
      { speculate: mtp({ tokens: 3 }) },
      [1, 262, 263],
    );
    expect(tokenIds).toEqual(expected);
    expect(speculation?.accepted).toBeGreaterThan(5);
  }
});

describe('the memory of the MTP block', () => {
  const file = mtpFile('qwen35');
  const budgetOf = async (options: LoadOptions) => {
    await using model = await loadMtp(await file, { backend, ...options });
    return { ...model.budget, layers: model.layers.count, stats: model.stats() };
  };

  it('the budget has its weights, its keys and values and its rows', async () => {
    const [without, withBlock] = [await budgetOf({ mtp: false }), await budgetOf({ mtp: true })];
    expect(withBlock.layers).toBe(without.layers + 1);
    expect(withBlock.allWeightBytes).toBeGreaterThan(without.allWeightBytes + 2 * WIDTH * WIDTH);
    expect(withBlock.fullKvCacheBytes).toBeGreaterThan(without.fullKvCacheBytes);
    expect(withBlock.activationBytes - without.activationBytes).toBeGreaterThanOrEqual(
      without.batchTokens * 6 * WIDTH * 4,
    );
  });

  it('a plan has its weights, but does not read them for a token', async () => {
    const bytes = await file;
    const planOf = (options: LoadOptions) =>
      plan(memory(bytes), { context: 96, grain: 'layer', backend, onWarning: () => {}, ...options });
    const without = await planOf({ memory: '16MB' });
    expect(without.streams).toBe(false);
    const refusal: unknown = await planOf({ mtp: true, memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    const streamed = await planOf({ mtp: true, memory: neededBytes });
    expect(streamed.streams).toBe(true);
    expect(streamed.budget.allWeightBytes).toBeGreaterThan(without.budget.allWeightBytes);
    expect(streamed.bytesPerToken).toBeGreaterThan(0);
    expect(streamed.bytesPerToken).toBeLessThanOrEqual(without.budget.allWeightBytes);
  });

  it('a budget that is too small names the bytes that suffice, and they are kept to', async () => {
    const bytes = await file;
    const refusal: unknown = await loadMtp(bytes, { memory: 1000 }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    await expect(loadMtp(bytes, { memory: neededBytes - 1 })).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    await using model = await loadMtp(bytes, { memory: neededBytes, backend });
    await summaryOf(model, { speculate: mtp({ tokens: 4 }) });
    const { kvCacheBytes, activationBytes } = model.budget;
    const { peakWeightBytes } = model.stats();
    expect(kvCacheBytes + activationBytes + peakWeightBytes).toBeLessThanOrEqual(neededBytes);
  });
});

it.each(mtpNames)('in the least memory, predictions are those of a resident model (%s)', async (name) => {
  const file = await mtpFile(name);
  const ids = mtpPrompt.slice(0, 1);
  /** What is predicted from one pair, and whether weights stream. A batch has one token, so nothing is proposed. */
  async function predictedIn(options: LoadOptions) {
    let used: Predictor | undefined;
    const keeping: SpeculationStrategy = (_, predictor) => {
      used = predictor;
      return { tokens: 1, msPerToken: undefined, propose: async () => ({ ids: [], evidence: 0 }) };
    };
    await using model = await loadMtp(file, { backend, ...options });
    await summaryOf(model, { speculate: keeping, maxTokens: 1 });
    const prediction = await used?.predict({ ids, hidden: new Float32Array(WIDTH).fill(0.5), position: 0 });
    return { streams: model.streams, prediction };
  }
  const { prediction } = await predictedIn({});
  expect(prediction?.id).toBeGreaterThanOrEqual(0);
  for (const grain of ['tensor', 'layer'] as const) {
    const refusal: unknown = await loadMtp(file, { grain, memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refusal as { details: { neededBytes: number } }).details;
    expect(await predictedIn({ grain, memory: neededBytes })).toEqual({ streams: true, prediction });
  }
});

describe('the option mtp', () => {
  it('a loaded block is not among the tensors that a warning lists; another block is', async () => {
    const bytes = await mtpFile('qwen35');
    for (const [withBlock, codes] of [
      [true, []],
      [false, ['SKIPPED_TENSORS']],
    ] as const) {
      const warnings: string[] = [];
      const onWarning = ({ code }: { readonly code: string }) => warnings.push(code);
      await using _ = await loadMtp(bytes, { mtp: withBlock, backend, onWarning });
      expect(warnings).toEqual(codes);
    }
  });

  it('a file whose block is absent or cannot be used is refused; without the option it is loaded', async () => {
    const bytes = await mtpFile('qwen35');
    const small = f32Tensor('', [1], new Float32Array(1));
    const files: readonly (readonly [RegExp, Uint8Array])[] = [
      [/no MTP block/, await encodeGguf(synthesize(synthShapes['tiny-qwen35'], { dtype: 'Q8_0' }))],
      [/architecture "llama"/, await encodeGguf(synthesize(synthShapes['tiny-llama'], { dtype: 'Q8_0' }))],
      [
        /2 MTP blocks/,
        await edited((metadata) => metadata.set('qwen35.nextn_predict_layers', u32(2)), bytes),
      ],
      ...(await Promise.all(
        ['embed_tokens', 'shared_head_head'].map(async (tensor) => {
          const name = `blk.4.nextn.${tensor}.weight`;
          const file = await edited((_, tensors) => tensors.set(name, { ...small, name }), bytes);
          return [new RegExp(tensor), file] as const;
        }),
      )),
    ];
    for (const [message, one] of files) {
      const error: unknown = await loadMtp(one, { backend }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(message) });
      await using _ = await loadMtp(one, { mtp: false, backend });
    }
  });

  it('a block without a norm of its own uses the norm of the output', async () => {
    const bytes = await edited(
      (_, tensors) => tensors.delete('blk.4.nextn.shared_head_norm.weight'),
      await mtpFile('qwen35'),
    );
    await using model = await loadMtp(bytes, { backend });
    expect((await summaryOf(model, { speculate: mtp({ tokens: 2 }) })).speculation?.proposed).toBeGreaterThan(
      0,
    );
  });

  it('mtp() for a model without a loaded block is refused, and says what to do', async () => {
    await using model = await loadMtp(await mtpFile('qwen35'), { mtp: false, backend });
    await expect(summaryOf(model, { speculate: mtp() })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('mtp: true'),
    });
    // The text gave its session back.
    expect((await summaryOf(model)).tokenIds).toHaveLength(16);
  });

  it('a value that is neither true nor false is refused', async () => {
    const options = { mtp: 'yes' } as unknown as LoadOptions;
    await expect(loadMtp(await mtpFile('qwen35'), options)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});
