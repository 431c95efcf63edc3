import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GpuTensor } from './gpu-tensors.ts';
import { readsOf, writesOf, type Operation } from './operations/operation.ts';
import { createPlacer } from './place.ts';

/** Random lists of operations. Each operation reads up to two results of earlier operations. */
const programs = fc
  .array(fc.record({ width: fc.integer({ min: 1, max: 9 }), a: fc.nat(), b: fc.nat() }), { minLength: 1 })
  .map((steps) => {
    const tensors: GpuTensor[] = [];
    return steps.map(({ width, a, b }): Operation => {
      const out: GpuTensor = { shape: [1, width], region: { bytes: width * 4 }, start: 0 };
      const pick = (index: number) => tensors[index % (tensors.length || 1)] ?? out;
      const operation: Operation = { kind: 'add', a: pick(a), b: pick(b), out };
      tensors.push(out);
      return operation;
    });
  });

it('temporaries with overlapping lifetimes never share a buffer, and buffers are large enough, also if the work is cut', () => {
  fc.assert(
    fc.property(programs, fc.nat(), (operations, cut) => {
      const placer = createPlacer();
      const [first, later] = [operations.slice(0, cut % 9), operations.slice(cut % 9)];
      placer.place(first, (region) => later.some((operation) => readsOf(operation).includes(region)));
      const { places, sizes } = placer.place(later, () => false);
      const lives = [...places.keys()].map((region) => {
        const uses = [...operations.keys()].filter((index) => {
          const operation = operations[index];
          return operation && [...readsOf(operation), ...writesOf(operation)].includes(region);
        });
        return { region, place: places.get(region), first: uses[0] ?? 0, last: uses.at(-1) ?? 0 };
      });
      for (const [index, one] of lives.entries()) {
        expect(sizes[one.place ?? -1]).toBeGreaterThanOrEqual(one.region.bytes);
        for (const other of lives.slice(index + 1)) {
          const together = one.first <= other.last && other.first <= one.last;
          if (together) expect(one.place).not.toBe(other.place);
        }
      }
    }),
  );
});

it('a chain of any length takes two buffers', () => {
  const tensors = Array.from({ length: 20 }, (): GpuTensor => ({
    shape: [1, 4],
    region: { bytes: 16 },
    start: 0,
  }));
  const operations = tensors.slice(1).map((out, index): Operation => {
    const a = tensors[index] ?? out;
    return { kind: 'add', a, b: a, out };
  });
  expect(createPlacer().place(operations, () => false).sizes).toEqual([16, 16]);
});
