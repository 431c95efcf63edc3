// Weights and caches in several memories give the same bits as in one memory.
import type { Backend } from '@rondo/tensor';
import { backendConformance, randomNumbers } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { cpu } from './cpu.ts';
import { supportedDtypes } from './matmul-inputs.ts';
import { bitsRead, layers, loadWeight } from './test-support/layers.ts';
import { scattered } from './test-support/scattered.ts';

const oneMemory = () => cpu({ threads: 1, maximumBytes: 2 ** 28 });

for (const { name, run } of backendConformance({
  dtypes: supportedDtypes,
  kvCacheDtypes: ['F32', 'Q8_0'],
})) {
  describe(`on four memories, ${name}`, () => {
    let inOne: Promise<Uint32Array[]> | undefined;
    for (const threads of [0, 1, 3]) {
      it(`threads: ${threads}`, async () => {
        inOne ??= bitsRead(run, oneMemory);
        expect(await bitsRead(run, () => scattered({ threads }))).toEqual(await inOne);
      });
    }
  });
}

/** Two products of one tensor in one submission. Between the products, other values are copied into the tensor. */
async function overwritten(make: () => Promise<Backend>): Promise<void> {
  const backend = await make();
  const weights = [
    await loadWeight(backend, 'Q4_0', [8, 64], 1),
    await loadWeight(backend, 'F32', [8, 64], 2),
  ];
  const random = randomNumbers(3);
  const [x, other] = [backend.tensor([1, 64]), backend.tensor([1, 64])];
  for (const weight of weights) {
    for (const tensor of [x, other])
      await backend.write(
        tensor,
        Float32Array.from({ length: 64 }, () => random() - 0.5),
      );
    const results = [backend.tensor([1, 8]), backend.tensor([1, 8]), backend.tensor([1, 8])] as const;
    const e = backend.encoder();
    e.copy(e.matmul(weight, x), results[0]);
    e.copy(other, x);
    e.copy(e.matmul(weight, x), results[1]);
    e.copy(e.matmul(weight, other), results[2]);
    await backend.submit(e);
    const [before, after, expected] = await Promise.all(results.map((result) => backend.read(result)));
    expect(after).toEqual(expected);
    expect(after).not.toEqual(before);
  }
  await backend.dispose();
}

describe.each(Object.entries({ layers, overwritten }))('on four memories, %s', (_, run) => {
  it.each([0, 1, 3])('threads: %i', async (threads) => {
    expect(await bitsRead(run, () => scattered({ threads }))).toEqual(await bitsRead(run, oneMemory));
  });
});
