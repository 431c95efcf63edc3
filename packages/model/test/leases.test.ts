// 45: whatever ends a pass, at whatever await, no lease is held afterwards, and what waits for leases settles.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf, u32 } from '@rondo/gguf';
import { synthesize, synthShapes, withMtpBlock, type SynthShape } from '@rondo/synth';
import { memory } from '@rondo/source';
import type { Backend } from '@rondo/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../src/engine/open-engine.ts';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { generate } from '../src/generation/generate.ts';
import { preload } from '../src/weights/preload.ts';
import { createRandom } from '../src/common/random.ts';
import { mtp, promptLookup, type SpeculationStrategy } from '../src/generation/speculation/index.ts';
import { settles } from './support/settles.ts';
import { createUndoList } from '../src/common/undo-list.ts';

/** Called before and after each thing that a pass waits for; may throw, or abort something. */
type Step = () => void;

const shape: SynthShape = {
  ...synthShapes.tiny,
  layers: 2,
  width: 64,
  heads: 2,
  kvHeads: 1,
  headSize: 32,
  feedForwardWidth: 128,
  vocabularySize: 300,
  contextLength: 64,
};
const withExperts: SynthShape = { ...shape, experts: { count: 4, used: 2, feedForwardWidth: 64 } };
const qwen = synthShapes['tiny-qwen35'];
const withMtp = withMtpBlock({
  ...qwen,
  ...shape,
  architecture: qwen.architecture,
  layers: 1,
  ropeDimensions: 16,
  keys: { ...qwen.keys, full_attention_interval: u32(1) },
});
const files = new Map<SynthShape, Uint8Array>();
let inner: Backend;

beforeAll(async () => {
  inner = await cpu({ threads: 0 });
  for (const one of [shape, withExperts, withMtp])
    files.set(one, await encodeGguf(synthesize(one, { dtype: 'Q8_0' })));
});
afterAll(() => inner.dispose());

/** A backend on which `step` is called around everything that is awaited, and while an encoder notes a product. */
function steppedBackend(step: Step): Backend {
  const around = async <T>(what: () => Promise<T>): Promise<T> => {
    step();
    const result = await what();
    step();
    return result;
  };
  return {
    ...inner,
    get bytes() {
      return inner.bytes;
    },
    submit: (encoder, leaseWeight) =>
      around(() =>
        inner.submit(
          encoder,
          leaseWeight &&
            (async (weight) => {
              step();
              return leaseWeight(weight);
            }),
        ),
      ),
    read: (tensor, rows) => around(() => inner.read(tensor, rows)),
    write: (tensor, values) => around(() => inner.write(tensor, values)),
    encoder() {
      const encoder = inner.encoder();
      const { matmul } = encoder;
      return Object.assign(encoder, {
        matmul(...given: Parameters<typeof matmul>) {
          step();
          return matmul.call(encoder, ...given);
        },
      });
    },
  };
}

interface Scenario {
  readonly shape: SynthShape;
  readonly options: LoadOptions;
  /** Changes of the memory once the model is loaded, in bytes beyond the least. */
  readonly grownBytes?: number;
  /** Texts that run at once. */
  readonly texts?: number;
  readonly speculate?: SpeculationStrategy;
  /** Bytes beyond the least, for batches of several tokens. */
  readonly moreBytes?: number;
}

const LEAST = 1;
const scenarios: Record<string, Scenario> = {
  streaming: { shape, options: {} },
  'whole layers': { shape, options: { grain: 'layer' } },
  'a budget that grew to hold everything': { shape, options: {}, grownBytes: 4_000_000 },
  experts: { shape: withExperts, options: {} },
  'experts in a budget that grew': { shape: withExperts, options: {}, grownBytes: 4_000_000 },
  speculation: { shape, options: {}, speculate: promptLookup({ tokens: 2 }) },
  'predictions of an MTP block': {
    shape: withMtp,
    options: { mtp: true },
    speculate: mtp({ tokens: 2 }),
    moreBytes: 120_000,
  },
  'two sessions': { shape, options: { sessions: 2 }, texts: 2, grownBytes: 4_000_000 },
};

/** The least memory that a model can be loaded in. */
async function leastBytes({ shape: one, options, moreBytes = 0 }: Scenario): Promise<number> {
  const undo = createUndoList();
  const source = memory(files.get(one) ?? new Uint8Array());
  const refused: unknown = await openEngine(
    source,
    { ...options, backend: inner, context: 32, memory: LEAST },
    undo,
  ).catch((error: unknown) => error);
  await undo.run();
  return (refused as { details: { neededBytes: number } }).details.neededBytes + moreBytes;
}

/** Opens an engine for a scenario whose submissions call `step`, and whose reads call `readStep`. */
async function open(scenario: Scenario, memoryBytes: number, step: Step, readStep = step) {
  const undo = createUndoList();
  const inside = memory(files.get(scenario.shape) ?? new Uint8Array());
  const source = {
    ...inside,
    async readInto(...given: Parameters<typeof inside.readInto>) {
      readStep();
      await inside.readInto(...given);
      readStep();
    },
  };
  const backend = steppedBackend(step);
  const engine = await openEngine(
    source,
    { ...scenario.options, backend, context: 32, memory: memoryBytes },
    undo,
  );
  await preload(engine.residency, {});
  if (scenario.grownBytes) await engine.memory.grant(memoryBytes + scenario.grownBytes);
  return { engine, undo };
}

/** Runs the texts of a scenario to their end, or to the first error. */
async function run(
  { sessions, tokenizer, memory: { budget }, config }: Engine,
  scenario: Scenario,
  signal: AbortSignal,
) {
  const context = {
    sessions,
    tokenizer,
    contextTokens: budget.contextTokens,
    batchTokens: budget.batchTokens,
    vocabularySize: config.vocabularySize,
    hiddenWidth: scenario.options.mtp ? config.width : undefined,
  };
  const one = async (first: number) => {
    const { speculate } = scenario;
    const prompt = [first, 7, 8, first, 7];
    const ids: number[] = [];
    const options = { maxTokens: speculate ? 3 : 2, temperature: 0, signal, speculate };
    for await (const { tokenId } of generate(context, prompt, options))
      if (tokenId !== undefined) ids.push(tokenId);
    return ids;
  };
  const texts = Array.from({ length: scenario.texts ?? 1 }, (_, text) => one(5 + text));
  await Promise.allSettled(texts);
  return Promise.all(texts);
}

/** How the step of a certain number ends the run. */
const endings: Record<string, (controller: AbortController, engine: Engine, bytes: number) => void> = {
  'an abort': (controller) => controller.abort(new Error('aborted')),
  'an error': () => {
    throw new Error('thrown');
  },
  'an abort while the budget shrinks': (controller, { memory: { grant } }, bytes) => {
    void grant(bytes).catch(() => {});
    controller.abort(new Error('aborted'));
  },
};

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  it.each(Object.entries(endings))(
    '%s at any await of any pass leaves no lease behind',
    async (ending, endRun) => {
      const bytes = await leastBytes(scenario);
      let ended = 0;
      for (let at = 0; ; at++) {
        const controller = new AbortController();
        let steps = -Infinity;
        let reached = false;
        let opened: Awaited<ReturnType<typeof open>> | undefined;
        opened = await open(scenario, bytes, () => {
          if (steps++ !== at || !opened) return;
          reached = true;
          endRun(controller, opened.engine, bytes);
        });
        const { engine, undo } = opened;
        const { cache } = engine.residency;
        steps = 0;
        const outcome: unknown = await run(engine, scenario, controller.signal).catch(
          (error: unknown) => error,
        );
        steps = -Infinity;
        const where = `${ending} at step ${at}`;
        if (outcome instanceof Error) {
          ended++;
          expect(outcome.message, where).toMatch(/^(aborted|thrown)$/);
        }
        expect(cache.stats.leases, where).toBe(0);
        expect(await settles(engine.memory.grant(bytes)), `${where}: a smaller budget`).toBe(true);
        if (at % 8 === 0)
          expect(await run(engine, scenario, new AbortController().signal), where).toHaveLength(
            scenario.texts ?? 1,
          );
        expect(await settles(undo.run()), `${where}: dispose`).toBe(true);
        if (!reached) break;
        expect(at).toBeLessThan(3000);
      }
      expect(ended).toBeGreaterThan(40);
    },
  );
});

describe.each(Object.entries(scenarios))('%s, from a source that throws now and then', (_, scenario) => {
  it.each([1, 2, 3])(
    'each request gives the right tokens or that error, and leaves no lease behind (seed %i)',
    async (seed) => {
      const bytes = await leastBytes(scenario);
      const random = createRandom(seed);
      let fails = false;
      const { engine, undo } = await open(
        scenario,
        bytes,
        () => {},
        () => {
          if (fails && random() < 1 / 40) throw new Error('now and then');
        },
      );
      const { cache } = engine.residency;
      const { signal } = new AbortController();
      const expected = await run(engine, scenario, signal);
      const outcomes = { right: 0, failed: 0 };
      for (let request = 0; request < 60; request++) {
        fails = true;
        // Nothing stays that need not be read again.
        cache.clear();
        const outcome: unknown = await run(engine, scenario, signal).catch((error: unknown) => error);
        fails = false;
        if (outcome instanceof Error) {
          expect(outcome.message).toBe('now and then');
          outcomes.failed++;
        } else {
          expect(outcome).toEqual(expected);
          outcomes.right++;
        }
        expect(cache.stats.leases, `request ${request}`).toBe(0);
      }
      expect(outcomes.right).toBeGreaterThan(0);
      expect(outcomes.failed).toBeGreaterThan(0);
      expect(await settles(engine.memory.grant(bytes))).toBe(true);
      expect(await run(engine, scenario, signal)).toEqual(expected);
      expect(await settles(undo.run())).toBe(true);
    },
  );
});
