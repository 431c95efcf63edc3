// Tests of a model with real weights beside llama.cpp on the same file; they are the same for each model.
import { readFile } from 'node:fs/promises';
import { cpu } from '@rondo/backend-cpu';
import { loadModel, perplexity, type Model } from '@rondo/model';
import { demoReferencePath, lacksRealModel, realModelPath, type RealModelName } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaCpp, type LlamaCpp } from './llama-cpp.ts';
import { prompts } from './prompts.ts';
import { bestOf } from './tiny-model-logits.ts';

/** Below this lead of llama.cpp's best token over the second, two engines that round differently may choose differently. */
const tossUp = 0.5;
const contextTokens = 1024;
/** The first characters of valid.txt, whose perplexity is measured, and the tokens of a window. */
const [pageCharacters, windowTokens] = [4400, 512];
/** llama.cpp measures one shorter window live: its probabilities of a large vocabulary take longer than the token. */
const liveWindowTokens = 128;

/** The facts that differ between models. */
export interface RealModelFacts {
  /** The model's name for people. */
  readonly title: string;
  /** The number of prompts, of 50, that are continued; the ids of all 50 are compared. */
  readonly continued: number;
  /** Greedy tokens after each prompt. */
  readonly steps: number;
  /** The least share of choices that equal llama.cpp's; the others are toss-ups. */
  readonly agreement: number;
  /** Memory in which the weights do not fit. */
  readonly streamedIn: string;
  /** The perplexity of the page by `logProbabilities` of llama.cpp, and the count of tokens that it was measured of. */
  readonly llamaCppPage: { readonly perplexity: number; readonly tokens: number };
}

/** An open model, and llama.cpp on the same file. */
export interface OpenRealModel {
  readonly model: Model;
  readonly llamaCpp: LlamaCpp;
}

async function greedyIds(model: Model, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(prompt, { maxTokens, temperature: 0 }))
    if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The tests of a real model; `more` adds tests of this model alone. */
export function realModelSuite(
  name: RealModelName,
  facts: RealModelFacts,
  more: (open: () => OpenRealModel) => void = () => {},
): void {
  const { title, continued, steps, streamedIn, llamaCppPage, agreement } = facts;
  const path = realModelPath(name);

  describe.skipIf(lacksRealModel(name))(title, () => {
    let model: Model;
    let llamaCpp: LlamaCpp;
    beforeAll(async () => {
      model = await loadModel(path, { context: contextTokens });
      llamaCpp = await openLlamaCpp(path, contextTokens);
    });
    afterAll(async () => {
      await model.dispose();
      await llamaCpp[Symbol.asyncDispose]();
    });

    const promptIds = (text: string): number[] => [...model.tokenizer.encode(text)];

    it('the ids of 50 prompts are those of llama.cpp', () => {
      expect(prompts).toHaveLength(50);
      const { addsBos, bosId } = model.tokenizer;
      const beginning = addsBos && bosId !== undefined ? [bosId] : [];
      for (const text of prompts)
        expect([text, promptIds(text)]).toEqual([text, [...beginning, ...llamaCpp.tokenize(text)]]);
    });

    it('greedy tokens after each prompt are those of llama.cpp, but where its choice is a toss-up', async () => {
      let agreed = 0;
      let compared = 0;
      for (const text of prompts.slice(0, continued)) {
        const prompt = promptIds(text);
        const ids = await llamaCpp.greedyIds(prompt, steps);
        // The model is given the whole continuation of llama.cpp, so that each of its steps is compared.
        const chosen: number[] = [];
        await model.eachLogits([...prompt, ...ids.slice(0, -1)], prompt.length - 1, (logits) => {
          chosen.push(bestOf(logits));
        });
        const differing = [...ids.keys()].filter((step) => chosen[step] !== ids[step]);
        const leads = await llamaCpp.leadsAt(
          [...prompt, ...ids],
          differing.map((step) => prompt.length - 1 + step),
        );
        expect([text, leads.filter((lead) => lead >= tossUp)]).toEqual([text, []]);
        agreed += ids.length - differing.length;
        compared += ids.length;
        // The model's own text is the same until the first step with another choice, which is a toss-up.
        const same = differing[0] ?? ids.length;
        const ended = ids.findIndex((id) => model.tokenizer.isEndOfGeneration(id));
        const count = ended < 0 ? same : Math.min(same, ended);
        expect((await greedyIds(model, prompt, Math.max(1, count))).slice(0, count)).toEqual(
          ids.slice(0, count),
        );
      }
      console.log(`${agreed} of ${compared} choices are those of llama.cpp.`);
      expect(compared).toBeGreaterThan(0.8 * steps * continued);
      expect(agreed / compared).toBeGreaterThan(agreement);
    });

    it('streamed, the tokens are those of the resident model', async () => {
      await using streamed = await loadModel(path, { context: 256, memory: streamedIn });
      expect(streamed.streams).toBe(true);
      for (const text of prompts.slice(0, 4))
        expect(await greedyIds(streamed, promptIds(text), 16)).toEqual(
          await greedyIds(model, promptIds(text), 16),
        );
      expect(streamed.stats().evictions).toBeGreaterThan(0);
    });

    it("the perplexity of a page is within 0.5% of llama.cpp's", async () => {
      const text = (await readFile(demoReferencePath('valid.txt'), 'utf8')).slice(0, pageCharacters);
      const page = await perplexity(model, text, { windowTokens });
      console.log(`Perplexity of ${page.tokens} tokens: ${page.perplexity.toFixed(4)}.`);
      expect(page.tokens).toBe(llamaCppPage.tokens);
      expect(Math.abs(page.perplexity / llamaCppPage.perplexity - 1)).toBeLessThan(0.005);

      const perplexities: number[] = [];
      await perplexity(model, text.slice(0, 8 * liveWindowTokens), {
        windowTokens: liveWindowTokens,
        onWindow: (_done, _of, soFar) => perplexities.push(soFar),
      });
      const { addsBos, bosId } = model.tokenizer;
      const ids = promptIds(text).slice(0, liveWindowTokens);
      if (addsBos && bosId !== undefined) ids[0] = bosId;
      const logs = await llamaCpp.logProbabilities(ids, liveWindowTokens / 2);
      const theirs = Math.exp(-logs.reduce((total, log) => total + log, 0) / logs.length);
      const ours = perplexities[0] ?? Number.NaN;
      console.log(`Of ${logs.length} tokens: ${ours.toFixed(4)}, llama.cpp ${theirs.toFixed(4)}.`);
      // The rounding of activations to 8 bits averages out less over fewer tokens.
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(0.015);
    });

    it('speed beside llama.cpp, one thread each, is printed', async () => {
      await using single = await loadModel(path, { context: 256, backend: cpu({ threads: 1 }) });
      const prompt = promptIds('Once upon a time');
      const times: Record<'rondo' | 'llamaCpp', number[]> = { rondo: [], llamaCpp: [] };
      for (let round = 0; round < 5; round++) {
        const startMs = performance.now();
        await greedyIds(single, prompt, 24);
        const betweenMs = performance.now();
        await llamaCpp.greedyIds(prompt, 24);
        times.rondo.push((betweenMs - startMs) / 24);
        times.llamaCpp.push((performance.now() - betweenMs) / 24);
      }
      const [rondo, theirs] = [median(times.rondo), median(times.llamaCpp)];
      console.log(`A token takes ${rondo.toFixed(1)} ms, in llama.cpp ${theirs.toFixed(1)} ms.`);
      expect(times.rondo).toHaveLength(5);
    });

    more(() => ({ model, llamaCpp }));
  });
}
