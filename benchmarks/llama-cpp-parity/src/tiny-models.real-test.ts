// Tiny models of many architectures beside llama.cpp on the same files, and beside torch, whose weights they hold. What the
// tests show is the page `docs/architectures.md`.
import { fileURLToPath } from 'node:url';
import { loadModel, type LoadOptions, type Model } from '@rondo/model';
import { lacksTinyModels, readTinyModels, tinyModelPath, type TinyDecoder } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecturesPage, type Claim, type ShownModel } from './architectures-table.ts';
import { openLlamaCpp, type GreedyRun } from './llama-cpp.ts';
import { bestOf, leadOf, logitsInOneCall, logitsOneByOne, type Continuation } from './tiny-model-logits.ts';
import { refusalOf, refusedNames } from './tiny-models-refused.ts';

const steps = 64;
/** As long as llama.cpp's: where a rope has long and short factors, the length of the context chooses. */
const contextTokens = 512;
const page = fileURLToPath(new URL('../../../docs/architectures.md', import.meta.url));

const shown: ShownModel[] = readTinyModels().map((model) => ({
  model,
  refusal: refusalOf(model.name, model.architecture),
  cells: {},
}));

/** How near two engines come to each other, and below which lead both choices are right. */
const tolerances = (gelu: boolean) => (gelu ? { lead: 0.01, tossUp: 0.02 } : { lead: 0.001, tossUp: 0 });

async function generated(model: Model, prompt: readonly number[]): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(prompt, { maxTokens: steps, temperature: 0 }))
    if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}

/** The ids that `generate` gives where these logits come: up to an end of the text. */
function idsUntilEnd({ tokenizer }: Model, rows: readonly Float32Array[]): number[] {
  const ids = rows.map(bestOf);
  const end = ids.findIndex((id) => tokenizer.isEndOfGeneration(id));
  return end < 0 ? ids : ids.slice(0, end);
}

describe.skipIf(lacksTinyModels())('tiny models', () => {
  for (const { model, refusal, cells } of shown) {
    const path = tinyModelPath(model);
    if (refusal !== undefined)
      it(`${model.name} is refused with ${refusal}`, async () => {
        await expect(loadModel(path)).rejects.toMatchObject({ code: refusal });
      });
    else if (model.kind === 'encoder') throw new Error(`${model.name} runs, and encoders have no test yet.`);
    else describe(model.name, () => testsOfDecoder(model, path, cells));
  }

  it('the list of refused models names only models and architectures that there are', () => {
    const names = shown.flatMap(({ model }) => [model.name, model.architecture]);
    expect(refusedNames.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('docs/architectures.md is what this run shows', async () => {
    await expect(architecturesPage(shown)).toMatchFileSnapshot(page);
  });
});

function testsOfDecoder(decoder: TinyDecoder, path: string, cells: Partial<Record<Claim, string>>): void {
  const { lead: tolerance, tossUp } = tolerances(decoder.gelu);
  const load = (options: LoadOptions = {}) => loadModel(path, { context: contextTokens, ...options });
  let model: Model;
  /** llama.cpp's continuation of each prompt, which all runs here are given. */
  let theirs: (GreedyRun & Continuation)[] = [];
  /** The logits of the resident model, one token in a pass. */
  let resident: Float32Array[][] = [];

  beforeAll(async () => {
    model = await load();
    await using llamaCpp = await openLlamaCpp(path, contextTokens);
    for (const { prompt } of decoder.runs) {
      const continuation = { prompt, ...(await llamaCpp.greedy(prompt, steps)) };
      theirs.push(continuation);
      resident.push(await logitsOneByOne(model, continuation));
    }
    expect(model.streams).toBe(false);
  });
  afterAll(() => model.dispose());

  /** Runs a test, and then writes that it passed into the row of the model. */
  const shows = (claim: Claim, name: string, test: () => Promise<void> | void, cell = 'yes') =>
    it(name, async () => {
      await test();
      cells[claim] = cell;
    });

  shows('torch', "llama.cpp's ids are torch's", () => {
    for (const [index, { ids, leads }] of theirs.entries()) {
      const torch = decoder.runs[index];
      // Behind a toss-up the texts may be two different ones.
      const parted = ids.findIndex((id, step) => id !== torch?.ids[step] && (leads[step] ?? 0) < tossUp);
      const compared = parted < 0 ? steps : parted;
      expect(ids.slice(0, compared)).toEqual(torch?.ids.slice(0, compared));
    }
  });

  shows('llamaCpp', "the greedy ids are llama.cpp's", async () => {
    for (const [index, { prompt, ids, leads }] of theirs.entries()) {
      const rows = resident[index] ?? [];
      expect(rows).toHaveLength(steps);
      const chosen = rows.map((row, step) =>
        (leads[step] ?? 0) < tossUp ? (ids[step] ?? -1) : bestOf(row),
      );
      expect(chosen).toEqual(ids);
      // What the model writes on its own is the same up to the first toss-up that falls otherwise.
      const parted = rows.findIndex((row, step) => bestOf(row) !== ids[step]);
      const expected = idsUntilEnd(model, parted < 0 ? rows : rows.slice(0, parted));
      expect((await generated(model, prompt)).slice(0, expected.length)).toEqual(expected);
    }
  });

  shows(
    'leads',
    `each lead is within ${tolerance} of llama.cpp's`,
    () => {
      for (const [index, { ids, leads }] of theirs.entries()) {
        const ours = resident[index]?.map((row, step) => leadOf(row, ids[step] ?? -1)) ?? [];
        expect(ours).toHaveLength(steps);
        const drift = Math.max(...ours.map((lead, step) => Math.abs(lead - (leads[step] ?? Number.NaN))));
        expect(drift).toBeLessThanOrEqual(tolerance);
      }
    },
    String(tolerance),
  );

  shows('batches', 'all tokens in one call give the logits of one call for each token', async () => {
    await using fresh = await load();
    for (const [index, continuation] of theirs.entries())
      expect(await logitsInOneCall(fresh, continuation)).toEqual(resident[index]);
  });

  shows('streamed', 'in the least memory, the logits are those of the resident model', async () => {
    const refused: unknown = await load({ memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
    await using streamed = await load({ memory: neededBytes });
    expect(streamed.streams).toBe(true);
    for (const [index, continuation] of theirs.entries())
      expect(await logitsOneByOne(streamed, continuation)).toEqual(resident[index]);
    expect(streamed.stats().evictions).toBeGreaterThan(0);
  });

  shows('together', 'both texts at the same time give the logits of each alone', async () => {
    await using shared = await load({ sessions: theirs.length });
    const rows = await Promise.all(theirs.map((continuation) => logitsOneByOne(shared, continuation)));
    expect(rows).toEqual(resident);
  });
}
