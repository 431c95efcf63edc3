// The demo model against its references: the training framework's exact ids in F32, llama.cpp's perplexity in each format.
import { readFile } from 'node:fs/promises';
import { demoModelPath, demoReferencePath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { perplexity } from '../src/generation/perplexity.ts';
import { greedy } from './support/demo.ts';

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

const results = async () => JSON.parse(await readFile(demoReferencePath('RESULTS.json'), 'utf8')) as Results;

describe('the demo model', () => {
  it('F32: the ids and first logits of the training framework, for all prompts', async () => {
    const { greedy: runs } = await results();
    await using model = await loadModel(demoModelPath('f32'));
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
    await using model = await loadModel(demoModelPath('f16'));
    for (const run of runs['no-avx512fp16 shakespeare-f16.gguf'] ?? []) {
      expect(await greedy(model, run.prompt, run.ids.length)).toEqual(run.ids);
    }
  });

  it('F32 with keys and values in Q8_0: perplexity within 0.5%, in about a quarter of the memory', async () => {
    const text = await readFile(demoReferencePath('valid.txt'), 'utf8');
    await using model = await loadModel(demoModelPath('f32'), { kvCacheDtype: 'Q8_0' });
    await using full = await loadModel(demoModelPath('f32'));
    expect(model.budget.kvCacheBytes / full.budget.kvCacheBytes).toBeCloseTo(34 / 128, 3);
    const measured = await perplexity(model, text.slice(0, 12_000));
    const expected = await perplexity(full, text.slice(0, 12_000));
    expect(measured.perplexity).not.toBe(expected.perplexity);
    expect(Math.abs(measured.perplexity / expected.perplexity - 1)).toBeLessThan(0.005);
  });

  // `benchmarks/llama-cpp-parity` compares a shorter text in all quantizations.
  for (const quantization of ['f32', 'q8_0', 'q4_K_M'] as const) {
    it(`${quantization}: the perplexity of the whole text is within 0.5% of llama.cpp's`, async () => {
      const { files } = await results();
      const reference = files[`shakespeare-${quantization}.gguf`]?.perplexity.ppl ?? Number.NaN;
      await using model = await loadModel(demoModelPath(quantization));
      const text = await readFile(demoReferencePath('valid.txt'), 'utf8');
      const measured = await perplexity(model, text);
      expect(measured.tokens).toBeGreaterThan(10_000);
      expect(Math.abs(measured.perplexity / reference - 1)).toBeLessThan(0.005);
    });
  }
});
