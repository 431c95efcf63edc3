// The demo model in a browser, streamed through room for three layers: the ids of llama.cpp.
import { cpu } from '@rondo/backend-cpu';
import { demoModelUrl } from '@rondo/demo-model';
import { memory } from '@rondo/source';
import { expect, it } from 'vitest';
import { loadModel } from './index.ts';

/** Greedy after "ROMEO:" in Q8_0, from the demo model's reference runs. */
const expected = [198, 40, 451, 716, 288, 11, 503, 11];

for (const threads of [2, 0]) {
  it(`speaks, threads: ${threads}`, async () => {
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
