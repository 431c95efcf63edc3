// Rows 81-86 of the bad inputs: what is cancelled, disposed of or refused leaves nothing behind, and the next call works.
import { cpu } from '@rondo/backend-cpu';
import type { Backend } from '@rondo/tensor';
import { hookedSource } from '@rondo/testkit';
import { describe, expect, it, vi } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { CONTEXT, demoSource, greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const prompt = 'ROMEO:\nI will';
const small = { context: CONTEXT, memory: THREE_LAYERS };

/** A backend that counts the slots, caches and tensors that are not freed yet. */
async function countingBackend() {
  const inner = await cpu({ threads: 1 });
  const live = { slots: 0, others: 0 };
  const counted = <T extends { free(): void }>(thing: T, kind: keyof typeof live): T => {
    live[kind]++;
    let freed = false;
    const free = thing.free.bind(thing);
    return Object.assign(thing, {
      free() {
        if (!freed) live[kind]--;
        freed = true;
        free();
      },
    });
  };
  const backend: Backend = {
    ...inner,
    get bytes() {
      return inner.bytes;
    },
    tensor: (shape) => counted(inner.tensor(shape), 'others'),
    slot: (ranges, alignment) => counted(inner.slot(ranges, alignment), 'slots'),
    kvCache: (shape) => counted(inner.kvCache(shape), 'others'),
  };
  return { backend, live: () => live.slots + live.others, liveOthers: () => live.others };
}

describe('81: abort at every read', () => {
  it('while loading: nothing stays allocated, and the reason comes out', async () => {
    const { backend, live } = await countingBackend();
    let reads = 0;
    for (let at = 0; ; at++) {
      const controller = new AbortController();
      const reason = new Error(`stop at ${at}`);
      reads = 0;
      const source = hookedSource(await demoSource(), ({ index }) => {
        reads++;
        if (index === at) controller.abort(reason);
      });
      const outcome = await loadModel(source, { ...small, backend, signal: controller.signal }).then(
        async (model) => model.dispose(),
        (error: unknown) => error,
      );
      expect(live(), `after abort at read ${at}`).toBe(0);
      if (reads <= at) break;
      expect(outcome).toBe(reason);
    }
    expect(reads).toBeGreaterThan(3);
    await backend.dispose();
  });

  it('while generating: the reason comes out, no memory is lost, and the model goes on to answer', async () => {
    const { backend, live, liveOthers } = await countingBackend();
    let onRead: (index: number) => void = () => {};
    let index = 0;
    await using model = await loadModel(
      hookedSource(await demoSource(), () => onRead(index++)),
      { ...small, backend },
    );
    const expected = await greedy(model, prompt, 6);
    const othersBefore = liveOthers();
    const bytesBefore = backend.bytes;
    let aborted = 0;
    for (let at = 0; at < 60; at++) {
      const controller = new AbortController();
      const reason = new Error(`stop at ${at}`);
      index = 0;
      onRead = (read) => {
        if (read === at) controller.abort(reason);
      };
      const options = { maxTokens: 6, temperature: 0, signal: controller.signal };
      const run = async () => {
        for await (const part of model.generate(`${at} ${prompt}`, options))
          expect(part.text).toBeTypeOf('string');
      };
      const outcome = await run().catch((error: unknown) => error);
      if (outcome !== undefined) {
        aborted++;
        expect(outcome).toBe(reason);
      }
      const { hits, lateHits, misses, accesses } = model.stats();
      expect(hits + lateHits + misses).toBe(accesses);
    }
    expect(aborted).toBeGreaterThan(40);
    onRead = () => {};
    expect(await greedy(model, prompt, 6)).toEqual(expected);
    // How many segments are in the cache depends on when reads end. What is alive beside their slots does not, nor the memory.
    expect(liveOthers()).toBe(othersBefore);
    expect(backend.bytes).toBe(bytesBefore);
    await model.dispose();
    expect(live()).toBe(0);
    await backend.dispose();
  });

  it('an abort in the middle of a token ends the generation within it', async () => {
    await using model = await loadDemo();
    const controller = new AbortController();
    const parts: string[] = [];
    const run = async () => {
      for await (const { text } of model.generate(prompt, { temperature: 0, signal: controller.signal })) {
        parts.push(text);
        if (parts.length === 3) controller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(parts).toHaveLength(3);
  });

  it('a call that waits for its turn can be cancelled, and does not hold up the next', async () => {
    await using model = await loadDemo();
    const first = model.generate(prompt, { maxTokens: 4, temperature: 0 });
    await first.next();
    const controller = new AbortController();
    const second = model.generate(prompt, { maxTokens: 4, signal: controller.signal }).next();
    const third = greedy(model, prompt, 2);
    controller.abort(new Error('no longer'));
    await expect(second).rejects.toThrow('no longer');
    for await (const part of first) expect(part).toBeDefined();
    expect(await third).toHaveLength(2);
  });
});

describe('82: dispose', () => {
  it('can be called twice, and at once', async () => {
    const model = await loadDemo({ memory: THREE_LAYERS });
    await Promise.all([model.dispose(), model.dispose()]);
    await model.dispose();
    await expect(greedy(model, prompt, 1)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('in the middle of a generation ends it with CLOSED', async () => {
    const { backend, live } = await countingBackend();
    const model = await loadModel(await demoSource(), { ...small, backend });
    const generation = model.generate(prompt, { temperature: 0 });
    await generation.next();
    const next = generation.next();
    await model.dispose();
    await expect(next.then(() => generation.next())).rejects.toMatchObject({ code: 'CLOSED' });
    expect(live()).toBe(0);
    await backend.dispose();
  });

  it('does not wait for a generation that nobody continues', async () => {
    const model = await loadDemo();
    await model.generate(prompt).next();
    await model.dispose();
  });
});

describe('83: a callback that throws', () => {
  it('onProgress while loading: the error comes out, nothing stays open', async () => {
    const { backend, live } = await countingBackend();
    const error = new Error('callback');
    const onProgress = vi.fn(({ phase }: { phase: string }) => {
      if (phase === 'weights') throw error;
    });
    await expect(loadModel(await demoSource(), { ...small, backend, onProgress })).rejects.toBe(error);
    expect(live()).toBe(0);
    await backend.dispose();
  });

  it('onPrefill while generating: the error comes out, and the model goes on to answer', async () => {
    await using model = await loadDemo();
    const error = new Error('callback');
    const throwing = () => {
      throw error;
    };
    await expect(model.generate(prompt, { onPrefill: throwing }).next()).rejects.toBe(error);
    expect(await greedy(model, prompt, 2)).toHaveLength(2);
  });
});

describe('84: break out of the loop', () => {
  it('ends the generation and lets the next one begin', async () => {
    await using model = await loadDemo({ memory: THREE_LAYERS });
    const bytes = model.budget.totalBytes;
    for (let round = 0; round < 5; round++) {
      for await (const { text } of model.generate(prompt, { temperature: 0 })) {
        expect(text).toBeTypeOf('string');
        break;
      }
      expect(model.stats().peakWeightBytes).toBeLessThanOrEqual(bytes);
    }
    expect(await greedy(model, prompt, 3)).toHaveLength(3);
  });
});

describe('85: a budget that is too small', () => {
  it('is refused with how many bytes are needed and for what; that many then suffice', async () => {
    const error = await loadDemo({ memory: '1MiB' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'BUDGET_TOO_SMALL',
      details: { grantedBytes: 2 ** 20, contextTokens: CONTEXT },
    });
    const { neededBytes } = (error as { details: { neededBytes: number } }).details;
    expect(String(error)).toMatch(
      /weights that are needed at once.*keys and values of 128 tokens.*activations/,
    );
    expect(String(error)).toContain(String(neededBytes));
    await expect(loadDemo({ memory: neededBytes - 1 })).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    await using model = await loadDemo({ memory: neededBytes });
    await using resident = await loadDemo();
    expect(await greedy(model, prompt, 4)).toEqual(await greedy(resident, prompt, 4));
  });

  it('is an argument error when it is no amount', async () => {
    for (const memory of ['much', '-1', 0, Number.NaN]) {
      await expect(loadDemo({ memory })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
  });
});

describe('86: no SharedArrayBuffer', () => {
  it('runs on the calling thread, with the same tokens', async () => {
    await using threaded = await loadDemo();
    const expected = await greedy(threaded, prompt, 6);
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      await using model = await loadDemo({ memory: THREE_LAYERS });
      expect(model.backendDescription).toContain("the caller's thread");
      expect(await greedy(model, prompt, 6)).toEqual(expected);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
