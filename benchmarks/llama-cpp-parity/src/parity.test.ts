import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGguf, writeGguf, type GgufToWrite } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { formatOf, rowBytes, type DType } from '@rondo/tensor';
import { loadModel, perplexity } from '@rondo/model';
import { demoModelPath, demoQuantizations, demoReferencePath } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaCpp } from './llama-cpp.ts';

const prompts = ['ROMEO:', 'To be, or not to be', 'First Citizen:\nBefore we proceed'];
const steps = 48;
/** Below this lead of the best token over the second, two engines that round differently may choose differently. */
const tossUp = 0.02;

/** Compares the greedy ids of both engines after each prompt, up to the first step at which rounding could decide. */
async function expectSameIds(path: string, promptTexts: readonly string[], tokens: number): Promise<void> {
  await using model = await loadModel(path, { context: 256 });
  const promptIds = promptTexts.map((prompt) => [...model.tokenizer.encode(prompt)]);
  await using llamaCpp = await openLlamaCpp(path);
  for (const [index, prompt] of promptIds.entries()) {
    const { ids, leads } = await llamaCpp.greedy(prompt, tokens);
    const firstTossUp = leads.findIndex((lead) => lead < tossUp);
    const compared = firstTossUp < 0 ? tokens : firstTossUp;
    const ours: number[] = [];
    for await (const { tokenId } of model.generate(prompt, {
      maxTokens: tokens,
      temperature: 0,
    })) {
      if (tokenId !== undefined) ours.push(tokenId);
    }
    expect(ours.slice(0, compared), `${promptTexts[index]}, first ${compared} tokens`).toEqual(
      ids.slice(0, compared),
    );
  }
}

describe('synthetic models', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rondo-parity-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(name: string, model: GgufToWrite): Promise<string> {
    const path = join(folder, `${name}.gguf`);
    await writeFile(path, writeGguf(model));
    return path;
  }

  it("a synthetic model in F32 gives llama.cpp's greedy ids", async () => {
    const path = await written('plain', synthesize(synthShapes.tiny, { dtype: 'F32' }));
    await expectSameIds(path, ['so it begins', 'the end'], 16);
  });

  it("a synthetic model in F32 with divisors of the rotary frequencies and a tied output gives llama.cpp's greedy ids", async () => {
    const shape = { ...synthShapes.tiny, ropeFactor: 8, tied: true };
    const model = synthesize(shape, { dtype: 'F32' });
    // The divisors of a real file would show only after thousands of tokens.
    const divisors = Float32Array.from({ length: 32 }, (_, pair) => 1 + pair / 4);
    const tensors = model.tensors.map((tensor) =>
      tensor.name === 'rope_freqs.weight' ? { ...tensor, data: new Uint8Array(divisors.buffer) } : tensor,
    );
    await expectSameIds(await written('divisors', { ...model, tensors }), ['so it begins', 'the end'], 16);
  });

  it("a synthetic model with experts in F32 gives llama.cpp's greedy ids", async () => {
    const path = await written('experts', synthesize(synthShapes['tiny-experts'], { dtype: 'F32' }));
    await expectSameIds(path, ['so it begins', 'the end', 'once more'], 16);
  });

  it("a synthetic model with experts in Q4_0 gives llama.cpp's greedy ids", async () => {
    const path = await written('experts-q4_0', synthesize(synthShapes['tiny-experts'], { dtype: 'Q4_0' }));
    await expectSameIds(path, ['so it begins', 'the end', 'once more'], 8);
  });

  // Random weights amplify the rounding of 8-bit activations, so the ids of quantized files part early.
  for (const dtype of ['Q4_0', 'Q8_0', 'Q4_K', 'Q6_K', 'IQ4_XS'] as const) {
    it(`${dtype} runs in llama.cpp`, async () => {
      const path = await written(dtype, synthesize(synthShapes.tiny, { dtype }));
      await using llamaCpp = await openLlamaCpp(path);
      const { ids, leads } = await llamaCpp.greedy([1, 300, 301], 4);
      expect(ids).toHaveLength(4);
      expect(leads.every(Number.isFinite)).toBe(true);
    });
  }
});

describe('the demo model, greedy, against llama.cpp on this machine', () => {
  for (const quantization of ['f32', 'f16', 'q8_0', 'q4_0'] as const) {
    it(quantization, async () => {
      await expectSameIds(demoModelPath(quantization), prompts, steps);
    });
  }
});

describe('the demo model, the perplexity of a text, against llama.cpp on this machine', () => {
  const [characters, windowTokens] = [6500, 256];

  // Together the files have every data type of the kernels but MXFP4, the ternary ones, and those of the tests below.
  it.each(demoQuantizations)('%s: within 0.5%', async (quantization) => {
    const text = (await readFile(demoReferencePath('valid.txt'), 'utf8')).slice(0, characters);
    const path = demoModelPath(quantization);
    await using model = await loadModel(path, { context: windowTokens });
    const ours = await perplexity(model, text, { windowTokens });
    expect(ours.tokens).toBeGreaterThan(1000);

    await using llamaCpp = await openLlamaCpp(path);
    const { addsBos, bosId } = model.tokenizer;
    const ids = [...model.tokenizer.encode(text)];
    let logs = 0;
    for (let start = 0; start + windowTokens <= ids.length; start += windowTokens) {
      const window = ids.slice(start, start + windowTokens);
      if (addsBos && bosId !== undefined) window[0] = bosId;
      for (const log of await llamaCpp.logProbabilities(window, windowTokens / 2)) logs += log;
    }
    const theirs = Math.exp(-logs / ours.tokens);
    expect(Math.abs(ours.perplexity / theirs - 1)).toBeLessThan(0.005);
  });
});

describe('the demo model with its layers in types that llama-quantize does not mix, against llama.cpp on this machine', () => {
  const text = 'To be, or not to be, that is the question: whether it is nobler in the mind to suffer';
  /** Both engines round, each in its own way: llama.cpp has activations in 8 bits. */
  const meanDifference = 0.06;

  /** The demo model in F32 with the matrices of its layers encoded as `dtype`. */
  async function withLayersIn(dtype: DType): Promise<GgufToWrite> {
    const file = new Uint8Array(await readFile(demoModelPath('f32')));
    const gguf = await readGguf(memory(file));
    const tensors = [...gguf.tensors.values()].map(({ name, shape, offset, bytes, dtype: before }) => {
      const data = file.slice(offset, offset + bytes);
      const [rows = 0, width] = shape;
      if (width === undefined || !name.startsWith('blk.')) return { name, shape, dtype: before, data };
      const blocks = new Uint8Array(rows * rowBytes(dtype, width));
      formatOf(dtype).quantize?.(new Float32Array(data.buffer), blocks);
      return { name, shape, dtype, data: blocks };
    });
    return { metadata: gguf.metadata, tensors };
  }

  it.each(['NVFP4', 'Q2_0', 'Q1_0'] as const)(
    "the demo model with layers in %s gives llama.cpp's logarithms of probabilities",
    async (dtype) => {
      const folder = await mkdtemp(join(tmpdir(), 'rondo-parity-'));
      try {
        const path = join(folder, `${dtype}.gguf`);
        await writeFile(path, writeGguf(await withLayersIn(dtype)));
        await using model = await loadModel(path, { context: 256 });
        await using llamaCpp = await openLlamaCpp(path);
        const ids = [...model.tokenizer.encode(text)];
        const ours: number[] = [];
        await model.eachLogits(ids.slice(0, -1), 0, (logits) => {
          const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
          ours.push((logits[ids[ours.length + 1] ?? 0] ?? Number.NaN) - Math.log(total));
        });
        const theirs = await llamaCpp.logProbabilities(ids, 0);
        const differences = theirs.map((value, index) => Math.abs(value - (ours[index] ?? Number.NaN)));
        expect(differences).toHaveLength(ids.length - 1);
        expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(
          meanDifference,
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
