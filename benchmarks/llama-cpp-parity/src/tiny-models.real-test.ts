// Compares tiny models of many architectures with llama.cpp on the same files, and with torch, whose weights they have.
// The results are the page `docs/architectures.md`.
import { fileURLToPath } from 'node:url';
import { webgpu } from '@rondo/backend-webgpu';
import { loadModel, type LoadOptions, type Model } from '@rondo/model';
import {
  lacksTinyModels,
  readTinyModels,
  tinyModelPath,
  type TinyDecoder,
  type TinyEmbeddingModel,
  type TinyModel,
} from '@rondo/testkit';
import { testDevice } from '@rondo/testkit/webgpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecturesPage, type Cells, type Claim, type ShownModel } from './architectures-table.ts';
import { embedByLlamaCpp, openLlamaCpp, type GreedyRun } from './llama-cpp.ts';
import { bestOf, leadOf, logitsInOneCall, logitsOneByOne, type Continuation } from './tiny-model-logits.ts';
import { readQuantizedResults } from './quantized-architectures.ts';
import { refusalOf, refusedNames } from './tiny-models-refused.ts';

const steps = 64;
/** The same number as in llama.cpp: in a rope with long and short factors, the length of the context chooses. */
const contextTokens = 512;
const page = fileURLToPath(new URL('../../../docs/architectures.md', import.meta.url));

const shown: ShownModel[] = readTinyModels().map((model) => ({ model, cells: {} }));

/** One backend for all models: a software adapter takes seconds to compile each kernel. */
const device = await testDevice();
const gpu = device && (await webgpu(device));
/**
 * A token takes longer on a software adapter than on the CPU, and longer in the least memory than in enough memory. There,
 * fewer tokens are compared: the first ones in one pass, the others alone.
 */
const [stepsTogether, stepsAlone] = [16, 2];

/** The logits of the first steps: the prompt and some steps in one pass, then each step alone. */
async function logitsOfFirstSteps(model: Model, { prompt, ids }: Continuation): Promise<Float32Array[]> {
  const known = ids.slice(0, stepsTogether);
  return [
    ...(await logitsInOneCall(model, { prompt, ids: known })),
    ...(await logitsOneByOne(model, {
      prompt: [...prompt, ...known],
      ids: ids.slice(stepsTogether, stepsTogether + stepsAlone),
    })),
  ];
}

/** The largest allowed distance of two engines, and the lead below which both choices are right. */
const tolerances = (gelu: boolean) => (gelu ? { lead: 0.01, tossUp: 0.02 } : { lead: 0.001, tossUp: 0 });

async function generated(model: Model, prompt: readonly number[]): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(prompt, { maxTokens: steps, temperature: 0 }))
    if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}

/** The ids that `generate` gives for these ids: an end of the text is not included. */
function untilEnd({ tokenizer }: Model, ids: readonly number[]): readonly number[] {
  const end = ids.findIndex((id) => tokenizer.isEndOfGeneration(id));
  return end < 0 ? ids : ids.slice(0, end);
}

/** The largest difference between the leads of the ids in these logits and the given leads. */
function driftOf(rows: readonly Float32Array[], ids: readonly number[], leads: readonly number[]): number {
  const drifts = rows.map((row, step) =>
    Math.abs(leadOf(row, ids[step] ?? -1) - (leads[step] ?? Number.NaN)),
  );
  return Math.max(...drifts);
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A test that fills a cell in the row of a model when it passes. */
const shows = (cells: Cells, claim: Claim, cell: string, name: string, test: () => Promise<void> | void) =>
  it(name, async () => {
    await test();
    cells[claim] = cell;
  });

describe.skipIf(lacksTinyModels())('tiny models', () => {
  afterAll(() => gpu?.dispose());

  describe.each(shown)('$model.name', ({ model, cells }) => {
    if (model.kind === 'embedding') comparesEmbeddings(model, cells);
    else comparesContinuations(model, cells);
  });

  it('the list of refused models names only models and architectures that there are', () => {
    const names = shown.flatMap(({ model }) => [model.name, model.architecture]);
    expect(refusedNames.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.skipIf(!gpu)('docs/architectures.md is what this run shows', async () => {
    await expect(architecturesPage(shown, readQuantizedResults())).toMatchFileSnapshot(page);
  });
});

function isRefused(model: TinyModel, refusal: string, cells: Cells): void {
  shows(cells, 'llamaCpp', `\`${refusal}\``, `is refused with ${refusal}`, async () => {
    await expect(loadModel(tinyModelPath(model))).rejects.toMatchObject({ code: refusal });
  });
}

function comparesEmbeddings(embeddingModel: TinyEmbeddingModel, cells: Cells): void {
  shows(cells, 'torch', 'yes', "llama.cpp's embeddings are torch's", async () => {
    const texts = embeddingModel.runs.map(({ prompt }) => prompt);
    const theirs = await embedByLlamaCpp(tinyModelPath(embeddingModel), texts);
    for (const [index, { embedding }] of embeddingModel.runs.entries()) {
      const [ours, other] = [unit(embedding), unit(theirs[index] ?? [])];
      expect(Math.hypot(...ours.map((value, at) => value - (other[at] ?? Number.NaN)))).toBeLessThan(0.005);
    }
  });

  const refusal = refusalOf(embeddingModel);
  if (refusal === undefined)
    throw new Error(`${embeddingModel.name} is not refused, and no test compares its embeddings.`);
  isRefused(embeddingModel, refusal, cells);
}

function comparesContinuations(decoder: TinyDecoder, cells: Cells): void {
  const { tossUp } = tolerances(decoder.gelu);
  const path = tinyModelPath(decoder);
  /** llama.cpp's continuation of each prompt; all runs here are given it. */
  const theirs: (GreedyRun & Continuation)[] = [];

  beforeAll(async () => {
    await using llamaCpp = await openLlamaCpp(path, contextTokens);
    for (const { prompt } of decoder.runs) theirs.push({ prompt, ...(await llamaCpp.greedy(prompt, steps)) });
  });

  shows(cells, 'torch', 'yes', "llama.cpp's ids are torch's", () => {
    expect(theirs).toHaveLength(2);
    for (const [index, { ids, leads }] of theirs.entries()) {
      const torch = decoder.runs[index];
      // After a toss-up with another choice, the two continue different texts.
      const parted = ids.findIndex((id, step) => id !== torch?.ids[step] && (leads[step] ?? 0) < tossUp);
      const compared = parted < 0 ? steps : parted;
      expect(ids.slice(0, compared)).toEqual(torch?.ids.slice(0, compared));
    }
  });

  const refusal = refusalOf(decoder);
  if (refusal === undefined) continuesAs(theirs, decoder, cells);
  else isRefused(decoder, refusal, cells);
}

/** Compares Rondo with llama.cpp, and with itself under other circumstances. */
function continuesAs(
  theirs: readonly (GreedyRun & Continuation)[],
  decoder: TinyDecoder,
  cells: Cells,
): void {
  const { lead: tolerance, tossUp } = tolerances(decoder.gelu);
  const load = (options: LoadOptions = {}) =>
    loadModel(tinyModelPath(decoder), { context: contextTokens, ...options });
  let model: Model;
  /** The logits of the resident model, one token in a pass. */
  const resident: Float32Array[][] = [];

  beforeAll(async () => {
    model = await load();
    for (const continuation of theirs) resident.push(await logitsOneByOne(model, continuation));
    const { streams, stats } = model;
    expect([streams, stats().passes]).toEqual([false, 2 * steps]);
  });
  afterAll(() => model.dispose());

  shows(cells, 'llamaCpp', 'yes', "the greedy ids are llama.cpp's", async () => {
    for (const [index, { prompt, ids, leads }] of theirs.entries()) {
      const rows = resident[index] ?? [];
      const chosen = rows.map(bestOf);
      const differing = [...ids.keys()].filter((step) => chosen[step] !== ids[step]);
      expect(differing.filter((step) => (leads[step] ?? 0) >= tossUp)).toEqual([]);
      // The model's own text is the same up to the first toss-up with another choice.
      const expected = untilEnd(model, chosen.slice(0, differing[0]));
      expect((await generated(model, prompt)).slice(0, expected.length)).toEqual(expected);
    }
  });

  shows(cells, 'leads', String(tolerance), `each lead is within ${tolerance} of llama.cpp's`, () => {
    for (const [index, { ids, leads }] of theirs.entries()) {
      expect(resident[index]).toHaveLength(steps);
      expect(driftOf(resident[index] ?? [], ids, leads)).toBeLessThanOrEqual(tolerance);
    }
  });

  shows(cells, 'batches', 'yes', 'one call for all tokens gives the logits of a call for each', async () => {
    await using fresh = await load();
    for (const [index, continuation] of theirs.entries())
      expect(await logitsInOneCall(fresh, continuation)).toEqual(resident[index]);
    expect(fresh.stats().passes).toBeLessThan(steps);
  });

  shows(cells, 'streamed', 'yes', 'the least memory gives the logits of the resident model', async () => {
    // The longer prompt, because it is longer than the windows of the models.
    const longest = theirs.at(-1) ?? { prompt: [], ids: [] };
    // The context is just long enough for the text: more keys and values would leave the weights enough room to stay.
    const context = longest.prompt.length + steps;
    const refused: unknown = await load({ context, memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
    await using streamed = await load({ context, memory: neededBytes });
    expect(streamed.streams).toBe(true);
    await using whole = await load({ context });
    const rows = await logitsOfFirstSteps(streamed, longest);
    expect(rows).toHaveLength(stepsTogether + stepsAlone);
    expect(rows).toEqual(await logitsOfFirstSteps(whole, longest));
    expect(streamed.stats().evictions).toBeGreaterThan(0);
  });

  shows(cells, 'together', 'yes', 'two texts at the same time give the logits of each alone', async () => {
    await using shared = await load({ sessions: theirs.length });
    const rows = await Promise.all(theirs.map((continuation) => logitsOneByOne(shared, continuation)));
    expect(rows).toEqual(resident);
    // Both texts share passes.
    expect(shared.stats().passes).toBeLessThan(2 * steps);
  });

  if (gpu)
    shows(cells, 'webgpu', 'yes', "on the GPU, each lead is as near to llama.cpp's", async () => {
      await using onGpu = await load({ backend: gpu });
      // The longer prompt, because it is longer than the windows of the models.
      const longest = theirs.at(-1) ?? { prompt: [], ids: [], leads: [] };
      const rows = await logitsOfFirstSteps(onGpu, longest);
      expect(rows).toHaveLength(stepsTogether + stepsAlone);
      expect(driftOf(rows, longest.ids, longest.leads)).toBeLessThanOrEqual(tolerance);
    });
}
