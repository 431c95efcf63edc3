// The demo model in a browser, streamed through memory for three layers, gives the token ids of llama.cpp.
import { cpu } from '@rondo/backend-cpu';
import { demoModelUrl } from '@rondo/demo-model';
import { memory } from '@rondo/source';
import { expect, it } from 'vitest';
import { loadModel } from './index.ts';

/** Greedy after "ROMEO:" in Q8_0, from the demo model's reference runs. */
const expected = [198, 40, 451, 716, 288, 11, 503, 11];

for (const threads of [2, 0]) {
  it(`the streamed demo model gives the ids of llama.cpp, threads: ${threads}`, async () => {
    const source = memory(new Uint8Array(await (await fetch(demoModelUrl)).arrayBuffer()));
    await using model = await loadModel(source, { memory: '4.4MB', context: 128, backend: cpu({ threads }) });
    expect(model.streams).toBe(true);
    const ids: number[] = [];
    for await (const { tokenId } of model.generate('ROMEO:', {
      maxTokens: expected.length,
      temperature: 0,
    })) {
      if (tokenId !== undefined) ids.push(tokenId);
    }
    expect(ids).toEqual(expected);
  });
}

it('59: twenty models loaded in a row, two threads each, live in one WebAssembly memory', async () => {
  const { Memory } = WebAssembly;
  const made: WeakRef<WebAssembly.Memory>[] = [];
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      const memory = new target(descriptor);
      made.push(new WeakRef(memory));
      return memory;
    },
  });
  try {
    const bytes = new Uint8Array(await (await fetch(demoModelUrl)).arrayBuffer());
    for (let load = 1; load <= 20; load++) {
      const backend = cpu({ threads: 2 });
      const model = await loadModel(memory(bytes), { memory: '4.4MB', context: 128, backend });
      const ids: (number | undefined)[] = [];
      for await (const { tokenId } of model.generate('ROMEO:', { maxTokens: 2, temperature: 0 }))
        ids.push(tokenId);
      expect(ids.slice(0, 2)).toEqual(expected.slice(0, 2));
      await model.dispose();
      // Each memory is either taken over, or freed by the garbage collector before the next.
      expect(
        made.filter((one) => one.deref() !== undefined).length,
        `after load ${load}`,
      ).toBeLessThanOrEqual(1);
    }
  } finally {
    WebAssembly.Memory = Memory;
  }
});
