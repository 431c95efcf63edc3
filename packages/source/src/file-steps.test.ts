import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { directAlignment, nextStep } from './file-steps.ts';

it('steps cover a read in order, at most a chunk each, and direct steps are aligned in file, memory and length', () => {
  fc.assert(
    fc.property(
      fc.nat(100_000),
      fc.nat(100_000),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      (position, anyAddress, length, chunkPages, congruent) => {
        const address = congruent ? position % directAlignment : anyAddress;
        let directBytes = 0;
        let done = 0;
        while (done < length) {
          const step = nextStep(position + done, address + done, length - done, chunkPages * directAlignment);
          expect(step.bytes).toBeGreaterThan(0);
          expect(step.bytes).toBeLessThanOrEqual(Math.min(length - done, chunkPages * directAlignment));
          if (step.direct) {
            expect([position + done, address + done, step.bytes].map((n) => n % directAlignment)).toEqual([
              0, 0, 0,
            ]);
            directBytes += step.bytes;
          }
          done += step.bytes;
        }
        const firstPage = Math.ceil(position / directAlignment);
        const lastPage = Math.floor((position + length) / directAlignment);
        if (congruent) expect(directBytes).toBe(Math.max(0, lastPage - firstPage) * directAlignment);
      },
    ),
  );
});
