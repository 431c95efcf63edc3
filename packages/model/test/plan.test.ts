// 47: a plan and a run agree, whatever the shape and the memory: both work, or both refuse with the same error.
import { cpu } from '@rondo/backend-cpu';
import { none } from '@rondo/prefetch';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes, type SynthShape } from '@rondo/synth';
import { memory } from '@rondo/source';
import type { Backend, DType } from '@rondo/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { loadModel } from '../src/load-model.ts';
import { plan, planByClock } from '../src/engine/plan.ts';
import { createRandom } from '../src/common/random.ts';
import { demoBytes, demoSource, greedy } from './support/demo.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await cpu({ threads: 0 });
});
afterAll(() => backend.dispose());

const errorOf = (error: unknown) => {
  const { code, message } = error as { code?: string; message?: string };
  return { code, message };
};

/** A model of a shape that chance chooses, and how to load it. */
async function chosenBy(
  random: () => number,
): Promise<{ bytes: Uint8Array; options: LoadOptions; text: string }> {
  const oneOf = <T>(values: readonly [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0];
  const heads = oneOf([1, 2, 4]);
  const hasExperts = random() < 0.3;
  const shape: SynthShape = {
    ...synthShapes.tiny,
    layers: oneOf([1, 2, 3, 6]),
    width: heads * 32,
    heads,
    kvHeads: 1,
    headSize: 32,
    feedForwardWidth: oneOf([32, 128, 512, 2048]),
    vocabularySize: oneOf([300, 600, 3000]),
    contextLength: 64,
    tied: random() < 0.5,
    ...(hasExperts && {
      experts: { count: oneOf([2, 4, 8]), used: oneOf([1, 2]), feedForwardWidth: oneOf([32, 256]) },
    }),
  };
  const dtype = oneOf<DType>(['F32', 'F16', 'Q8_0', 'Q4_0']);
  const bytes = await encodeGguf(synthesize(shape, { dtype }));
  const context = oneOf([8, 32]);
  const grain = oneOf(['tensor', 'layer'] as const);
  const options = { context, grain, sessions: oneOf([1, 1, 3]), backend };
  const refused: unknown = await plan(memory(bytes), { ...options, memory: 1 }).catch(
    (error: unknown) => error,
  );
  const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
  const share = oneOf([0.9, 1, 1.02, 1.2, 1.5, 3]);
  const memoryBytes = Math.floor(neededBytes * share);
  const text = JSON.stringify({ shape, dtype, context, grain, memoryBytes });
  return { bytes, options: { ...options, memory: memoryBytes }, text };
}

describe('200 shapes and amounts of memory', () => {
  it.each(Array.from({ length: 10 }, (_, part) => part * 20))(
    'from number %i on, the plan says what the run does',
    async (first) => {
      for (let number = first; number < first + 20; number++) {
        const { bytes, options, text } = await chosenBy(createRandom(number));
        // A clock on which the first measurement takes all the time that there is.
        let nowMs = 0;
        const planned = await planByClock(memory(bytes), options, () => (nowMs += 1000)).catch(errorOf);
        const model = await loadModel(memory(bytes), options).catch(errorOf);
        if (!('generate' in model)) {
          expect(planned, text).toEqual(model);
          continue;
        }
        if (!('budget' in planned)) throw new Error(`The plan alone refuses ${text}: ${planned.message}`);
        expect(planned.budget, text).toEqual(model.budget);
        expect(planned.streams, text).toBe(model.streams);
        await greedy(model, [5, 6], 3);
        expect(model.stats().passes, text).toBeGreaterThan(0);
        if (!planned.streams) expect(planned.bytesPerToken, text).toBe(0);
        else {
          expect(planned.bytesPerToken, text).toBeGreaterThan(0);
          // Nothing that was read ahead leaves before its use: no weight is read twice a round.
          expect(planned.bytesPerToken, text).toBeLessThanOrEqual(model.budget.allWeightBytes);
        }
        await model.dispose();
      }
    },
  );
});

it('without prefetch, the bytes of a token are those that a run reads, for any policy', async () => {
  const bytes = await demoBytes();
  for (const grain of ['tensor', 'layer'] as const) {
    const options = { context: 64, memory: '4.4MB', prefetch: none(), grain, backend };
    const planned = await plan(memory(bytes), options);
    await using model = await loadModel(memory(bytes), options);
    const ids = [...model.tokenizer.encode('ROMEO:')];
    await greedy(model, ids, 3);
    const steps = 6;
    model.resetStats();
    await greedy(model, [...ids, 7], steps);
    const { bytesRead, passes } = model.stats();
    expect(passes).toBe(steps);
    // What is read beside weights: rows of the embedding, and of a slot not the bytes that make it as large as the others.
    expect(bytesRead / passes / planned.bytesPerToken).toBeGreaterThan(0.9);
    expect(bytesRead / passes / planned.bytesPerToken).toBeLessThan(1.1);
  }
});

describe('the time that a plan takes', () => {
  /** The demo model from a source that takes so many milliseconds a byte on a clock of its own. */
  async function slow(msPerByte: number) {
    const inside = await demoSource();
    let nowMs = 0;
    let bytesRead = 0;
    const source = {
      ...inside,
      async readInto(...given: Parameters<typeof inside.readInto>) {
        await inside.readInto(...given);
        bytesRead += given[0].length;
        nowMs += given[0].length * msPerByte;
      },
    };
    return { source, now: () => nowMs, read: () => bytesRead };
  }
  const options = { context: 64, memory: '4.4MB' };

  it('a slow source is measured by the reads that are under way when the time is up', async () => {
    const fast = await slow(0);
    // The clock stands still but for reads: computing is measured for as long as a tick is missing, so it ticks by asking.
    let ticks = 0;
    const whole = await planByClock(fast.source, { ...options, backend }, () => fast.now() + ticks++);
    expect(whole.streams).toBe(true);
    const modem = await slow(1);
    let asked = 0;
    const planned = await planByClock(modem.source, { ...options, backend }, () => modem.now() + asked++);
    expect(planned.readBytesPerSecond).toBeGreaterThan(500);
    expect(planned.readBytesPerSecond).toBeLessThan(1100);
    expect(planned.bound).toBe('bandwidth');
    // Four pieces at once, and the header.
    expect(modem.read()).toBeLessThan(fast.read());
    expect(planned.bytesPerToken).toBe(whole.bytesPerToken);
  });
});

it('47: a plan comes to an end where the room for weights is smaller than one layer', async () => {
  const shape = {
    ...synthShapes.tiny,
    layers: 2,
    width: 512,
    headSize: 128,
    feedForwardWidth: 4096,
    contextLength: 128,
  };
  const bytes = await encodeGguf(synthesize(shape, { dtype: 'Q8_0' }));
  const options = { context: 32, backend };
  const refused: unknown = await plan(memory(bytes), { ...options, memory: 1 }).catch(
    (error: unknown) => error,
  );
  const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
  const planned = await plan(memory(bytes), { ...options, memory: neededBytes });
  expect(planned.budget.weightBytes).toBeLessThan(planned.budget.allWeightBytes / 3);
  expect(planned.streams).toBe(true);
  expect(planned.computeMs).toBeGreaterThan(0);
});
