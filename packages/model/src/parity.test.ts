// The demo model against its references: the training framework's exact ids in F32, llama.cpp's perplexity in each format.
import { readFile } from 'node:fs/promises';
import { hasShared, sharedPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { loadModel } from './load-model.ts';
import { perplexity } from './perplexity.ts';
import { greedy } from './test-support/demo.ts';

interface Greedy {
  readonly prompt: string;
  readonly prompt_ids: readonly number[];
  readonly ids: readonly number[];
  readonly first_logits: readonly (readonly [id: number, logit: number])[];
}

interface Results {
  readonly greedy: Readonly<Record<string, readonly Greedy[]>>;
  readonly files: Readonly<Record<string, { readonly perplexity: { readonly ppl: number } }>>;
}

/** All files of the demo model; together they have every data type of the kernels but MXFP4 and the ternary ones. */
const quantizations =
  'f32 f16 bf16 q8_0 q6_K q5_K_M q5_1 q5_0 q4_K_M q4_1 q4_0 iq4_nl iq4_xs q3_K_M q2_K'.split(' ');

const results = async () =>
  JSON.parse(await readFile(sharedPath('demo-model/RESULTS.json'), 'utf8')) as Results;
const path = (quantization: string) => sharedPath(`demo-model/shakespeare-${quantization}.gguf`);

describe.skipIf(!hasShared('demo-model'))('the demo model', () => {
  it('F32: the ids and first logits of the training framework, for all prompts', async () => {
    const { greedy: runs } = await results();
    await using model = await loadModel(path('f32'));
    expect(runs['torch']).toHaveLength(3);
    for (const run of runs['torch'] ?? []) {
      expect([...model.tokenizer.encode(run.prompt)]).toEqual(run.prompt_ids);
      expect(await greedy(model, run.prompt, run.ids.length)).toEqual(run.ids);
      await model.eachLogits(run.prompt_ids, run.prompt_ids.length - 1, (logits) => {
        for (const [id, logit] of run.first_logits) expect(logits[id]).toBeCloseTo(logit, 3);
      });
    }
  });

  it('F16: the ids of llama.cpp in float32 products', async () => {
    const { greedy: runs } = await results();
    await using model = await loadModel(path('f16'));
    for (const run of runs['no-avx512fp16 shakespeare-f16.gguf'] ?? []) {
      expect(await greedy(model, run.prompt, run.ids.length)).toEqual(run.ids);
    }
  });

  it('F32 with keys and values in Q8_0: perplexity within 0.5%, in about a quarter of the memory', async () => {
    const text = await readFile(sharedPath('demo-model/valid.txt'), 'utf8');
    await using model = await loadModel(path('f32'), { kvCacheDtype: 'Q8_0' });
    await using full = await loadModel(path('f32'));
    expect(model.budget.kvCacheBytes / full.budget.kvCacheBytes).toBeCloseTo(34 / 128, 3);
    const measured = await perplexity(model, text.slice(0, 12_000));
    const expected = await perplexity(full, text.slice(0, 12_000));
    expect(measured.perplexity).not.toBe(expected.perplexity);
    expect(Math.abs(measured.perplexity / expected.perplexity - 1)).toBeLessThan(0.005);
  });

  for (const quantization of quantizations) {
    it(`${quantization}: perplexity within 0.5% of llama.cpp's`, { timeout: 300_000 }, async () => {
      const { files } = await results();
      const reference = files[`shakespeare-${quantization}.gguf`]?.perplexity.ppl ?? Number.NaN;
      await using model = await loadModel(path(quantization));
      const text = await readFile(sharedPath('demo-model/valid.txt'), 'utf8');
      const measured = await perplexity(model, text);
      expect(measured.tokens).toBeGreaterThan(10_000);
      expect(Math.abs(measured.perplexity / reference - 1)).toBeLessThan(0.005);
    });
  }
});
