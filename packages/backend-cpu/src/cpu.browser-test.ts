// The same suite in a browser: with worker threads on shared memory, and on the page's own thread.
import type { DType } from '@rondo/tensor';
import { backendConformance } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import { cpu } from './cpu.ts';
import { matmulInputs } from './matmul-inputs.ts';
import { bitsRead, layers } from './test-support/layers.ts';
import { scattered } from './test-support/scattered.ts';

const dtypes = Object.keys(matmulInputs) as DType[];

it('the page is cross-origin isolated', () => {
  expect(crossOriginIsolated).toBe(true);
});

for (const [name, threads] of Object.entries({ 'two threads': 2, "the page's thread": 0 })) {
  describe(`cpu backend in a browser, ${name}`, () => {
    for (const one of backendConformance({ dtypes, kvCacheDtypes: ['F32', 'Q8_0'] }))
      it(one.name, () => one.run(() => cpu({ threads })));

    it('the same bits from weights in several memories', async () => {
      expect(await bitsRead(layers, () => scattered({ threads }))).toEqual(
        await bitsRead(layers, () => cpu({ threads })),
      );
    });
  });
}
