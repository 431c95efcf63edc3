// Random models of every architecture, computed by Rondo and by llama.cpp.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@rondo/backend-cpu';
import { writeGguf } from '@rondo/gguf';
import { loadModel } from '@rondo/model';
import { synthesize, type SynthShape } from '@rondo/synth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaCpp } from './llama-cpp.ts';
import { comparedTypes, quantizedResultsPath, type QuantizedResults } from './quantized-architectures.ts';
import { architectureNames, logitTolerance, quantizedShape, variantsOf } from './synthetic-variants.ts';

const steps = 64;
/** The same number as in llama.cpp: in a rope with long and short factors, the length of the context chooses. */
const contextTokens = 512;
/** Longer than the windows of the tiny shapes. */
const prompt = [1, ...Array.from({ length: 23 }, (_, index) => 260 + ((index * 37) % 120))];
/** Leads below which engines that round differently may part; quantized activations are rounded coarsely. */
const tossUp = { F32: 0.02, Q4_0: 0.1, Q8_0: 0.1, MXFP4: 0.1 };

/** Filled by the tests of quantized types that passed. */
const passed: QuantizedResults = {};

/** One backend for all models, because each new one compiles the kernels again. */
const backend = await cpu({ threads: 1 });
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-parity-'));
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

/** How two engines continue the prompt; both are given llama.cpp's ids. */
interface Comparison {
  readonly theirs: readonly number[];
  readonly ours: readonly number[];
  readonly leads: readonly number[];
  /** The largest difference of logits less their mean, as a share of the largest such logit. */
  readonly drift: number;
}

async function compared(shape: SynthShape, dtype: keyof typeof tossUp): Promise<Comparison> {
  const path = join(folder, 'model.gguf');
  await writeFile(path, writeGguf(synthesize(shape, { dtype })));
  await using llamaCpp = await openLlamaCpp(path, contextTokens);
  const { ids, leads, logits } = await llamaCpp.greedyLogits(prompt, steps);
  await using model = await loadModel(path, { context: contextTokens, backend });
  const ours: number[] = [];
  let [difference, largest] = [0, 0];
  const given = [...prompt, ...ids.slice(0, -1)];
  await model.eachLogits(given, prompt.length - 1, (row) => {
    const expected = logits[ours.length] ?? new Float64Array(0);
    if (row.length !== expected.length)
      throw new Error(`${row.length} logits for ${expected.length} of llama.cpp`);
    const mean = row.reduce((sum, logit) => sum + logit, 0) / row.length;
    let best = 0;
    for (const [id, logit] of row.entries()) {
      if (logit > (row[best] ?? 0)) best = id;
      largest = Math.max(largest, Math.abs(expected[id] ?? 0));
      difference = Math.max(difference, Math.abs(logit - mean - (expected[id] ?? Number.NaN)));
    }
    ours.push(best);
  });
  expect(ours).toHaveLength(steps);
  return { theirs: ids, ours, leads, drift: difference / largest };
}

describe.each(architectureNames)('%s', (architecture) => {
  it.each(variantsOf(architecture))(
    `F32: the logits and the ids of llama.cpp with $name (${architecture})`,
    async ({ shape }) => {
      const { theirs, ours, leads, drift } = await compared(shape, 'F32');
      expect(drift).toBeLessThanOrEqual(logitTolerance(architecture));
      const parted = ours.findIndex((id, step) => id !== theirs[step] && (leads[step] ?? 0) >= tossUp.F32);
      expect(parted, `the step at which ids part: ${ours.join()} and ${theirs.join()}`).toBe(-1);
    },
  );

  it.each(comparedTypes)(`%s: the ids of llama.cpp up to a toss-up (${architecture})`, async (dtype) => {
    const { theirs, ours, leads } = await compared(quantizedShape(architecture), dtype);
    const first = leads.findIndex((lead) => lead < tossUp[dtype]);
    const count = first < 0 ? steps : first;
    expect(ours.slice(0, count)).toEqual(theirs.slice(0, count));
    (passed[architecture] ??= []).push(dtype);
  });
});

it('MXFP4 experts, sinks and biases: the ids of llama.cpp up to a toss-up (gpt-oss)', async () => {
  const { theirs, ours, leads } = await compared(quantizedShape('gpt-oss'), 'MXFP4');
  const first = leads.findIndex((lead) => lead < tossUp.MXFP4);
  const count = first < 0 ? steps : first;
  expect(count).toBeGreaterThan(0);
  expect(ours.slice(0, count)).toEqual(theirs.slice(0, count));
});

it('the results of quantized types in docs/architectures.md are those of this run', async () => {
  await expect(`${JSON.stringify(passed, undefined, 2)}\n`).toMatchFileSnapshot(quantizedResultsPath);
});
