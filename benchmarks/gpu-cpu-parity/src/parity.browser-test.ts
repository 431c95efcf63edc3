// The demo model on the GPU of a browser, streamed through room for three layers, compared with the CPU in the same page.
import { cpu } from '@rondo/backend-cpu';
import { webgpu } from '@rondo/backend-webgpu';
import { demoModelUrl } from '@rondo/demo-model';
import { loadModel } from '@rondo/model';
import { memory } from '@rondo/source';
import type { Backend } from '@rondo/tensor';
import { expect, it } from 'vitest';

async function greedy(backend: Promise<Backend>): Promise<number[]> {
  const source = memory(new Uint8Array(await (await fetch(demoModelUrl)).arrayBuffer()));
  await using model = await loadModel(source, { backend, memory: '4.4MB', context: 128 });
  expect(model.streams).toBe(true);
  const ids: number[] = [];
  for await (const { tokenId } of model.generate('ROMEO:', { maxTokens: 8, temperature: 0 }))
    if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}

it(
  'the demo model streamed on the GPU of a browser gives the tokens of the CPU',
  { timeout: 600_000 },
  async () => {
    expect(await greedy(webgpu())).toEqual(await greedy(cpu({ threads: 1 })));
  },
);
