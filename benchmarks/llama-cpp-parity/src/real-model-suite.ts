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

/** The facts that differ between models. */
export interface RealModelFacts {
  /** The model's name for people. */
  readonly title: string;
  /** The number of prompts, of 50, that are continued; the ids of all 50 are compared. */
  readonly continued: number;
  /** Greedy tokens after each prompt. */
  readonly steps: number;
  /** Tokens of a window of the perplexity. */
  readonly windowTokens: number;
  /**
   * The number of first windows of valid.txt whose perplexity llama.cpp measures live; with a large vocabulary that takes
   * minutes.
   */
  readonly liveWindows: number;
  /** The least share of choices that equal llama.cpp's; the others are toss-ups. */
  readonly agreement: number;
  /** Memory in which the weights do not fit. */
  readonly streamedIn: string;
  /** Characters of valid.txt whose perplexity is measured. Default: all of them. */
  readonly characters?: number;
  /** The perplexity of these characters by `logProbabilities` of llama.cpp, and the count of tokens that it was measured of. */
  readonly llamaCppWhole: { readonly perplexity: number; readonly tokens: number };
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
  const { title, continued, steps, streamedIn, characters, llamaCppWhole } = facts;
  const { windowTokens, liveWindows, agreement } = facts;
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
      for (const text of prompts.slice(0, 8))
        expect(await greedyIds(streamed, promptIds(text), 24)).toEqual(
          await greedyIds(model, promptIds(text), 24),
        );
      expect(streamed.stats().evictions).toBeGreaterThan(0);
    });

    it("the perplexity of valid.txt is within 0.5% of llama.cpp's", async () => {
      const text = (await readFile(demoReferencePath('valid.txt'), 'utf8')).slice(0, characters);
      const ids = promptIds(text);
      const perplexities: number[] = [];
      const whole = await perplexity(model, text, {
        windowTokens,
        onWindow: (_done, _of, soFar) => perplexities.push(soFar),
      });
      expect(whole.tokens).toBe(llamaCppWhole.tokens);
      expect(Math.abs(whole.perplexity / llamaCppWhole.perplexity - 1)).toBeLessThan(0.005);
      // llama.cpp measures only the first windows, because its probabilities of the whole text take minutes.
      const { addsBos, bosId } = model.tokenizer;
      const logs: number[] = [];
      for (let window = 0; window < liveWindows; window++) {
        const part = ids.slice(window * windowTokens, (window + 1) * windowTokens);
        if (addsBos && bosId !== undefined) part[0] = bosId;
        for (const log of await llamaCpp.logProbabilities(part, windowTokens / 2)) logs.push(log);
      }
      const theirs = Math.exp(-logs.reduce((total, log) => total + log, 0) / logs.length);
      const ours = perplexities[liveWindows - 1] ?? 0;
      console.log(`Perplexity of ${whole.tokens} tokens: ${whole.perplexity.toFixed(4)}.`);
      console.log(`Of ${liveWindows} windows: ${ours.toFixed(4)}, llama.cpp ${theirs.toFixed(4)}.`);
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(0.005);
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
