import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plan, type PlannedOperation, type Region } from './plan.ts';

const temporary = (bytes = 64): Region => ({ bytes });

describe('plan', () => {
  it('independent operations run together, and dependent operations wait', () => {
    const [a, b, c] = [temporary(), temporary(), temporary()];
    const { barriers } = plan([
      { reads: [], writes: [a] },
      { reads: [], writes: [b] },
      { reads: [a, b], writes: [c] },
    ]);
    expect(barriers).toEqual([false, false, true]);
  });

  it('an operation does not overwrite a region that an operation without a barrier between them may still read', () => {
    const kept: Region = { bytes: 64, address: 4096 };
    const { barriers } = plan([
      { reads: [kept], writes: [temporary()] },
      { reads: [], writes: [kept] },
    ]);
    expect(barriers).toEqual([false, true]);
  });

  it('gives a chain of temporaries two places', () => {
    const chain = Array.from({ length: 10 }, () => temporary(640));
    const operations = chain.map((region, i) => ({ reads: chain.slice(i - 1, i), writes: [region] }));
    expect(plan(operations).bytesIn).toEqual([2 * 640]);
  });

  it('temporaries of different memories are placed independently', () => {
    const chain = Array.from({ length: 6 }, (_, i): Region => ({ bytes: 640, memory: i % 3 === 2 ? 2 : 0 }));
    const operations = chain.map((region, i) => ({ reads: chain.slice(i - 1, i), writes: [region] }));
    const { bytesIn, offsets } = plan(operations);
    expect(bytesIn).toEqual([2 * 640, 0, 640]);
    expect(chain.map((region) => offsets.get(region))).toEqual([0, 640, 0, 0, 640, 0]);
  });

  it('never lets two temporaries share memory while both are alive', () => {
    const graphs = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 500 }), fc.array(fc.nat(), { maxLength: 3 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(graphs, (graph) => {
        const regions = graph.map(([bytes]) => temporary(bytes));
        const operations: PlannedOperation[] = graph.map(([, inputs], i) => ({
          reads: i === 0 ? [] : inputs.flatMap((n) => regions[n % i] ?? []),
          writes: regions.slice(i, i + 1),
        }));
        const { barriers, offsets } = plan(operations);
        const owner = new Map<number, Region>();
        let running: PlannedOperation[] = [];
        const check = () => {
          // Operations between two barriers run in any order. A write stores its region for each byte; a read must find its own
          // region in each byte.
          for (const { writes } of running) {
            for (const region of writes) {
              const start = offsets.get(region) ?? Number.NaN;
              for (let byte = start; byte < start + region.bytes; byte++) {
                if (running.some((other) => other.writes.some((w) => w !== region && owner.get(byte) === w)))
                  return false;
                owner.set(byte, region);
              }
            }
          }
          return running.every(({ reads }) =>
            reads.every((region) => {
              const start = offsets.get(region) ?? Number.NaN;
              return Array.from({ length: region.bytes }, (_, i) => owner.get(start + i)).every(
                (o) => o === region,
              );
            }),
          );
        };
        for (const [index, operation] of operations.entries()) {
          if (barriers[index]) {
            if (!check()) return false;
            running = [];
          }
          running.push(operation);
        }
        return check();
      }),
    );
  });
});
