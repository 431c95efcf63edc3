// A constraint in the sampler: the distribution is that of the steps on the masked logits.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../common/test-support/error-of.ts';
import { createSampler } from '../sampling/index.ts';
import { parityConstraint } from '../test-support/parity-constraint.ts';
import { allowedTokens, type TokenConstraint } from './token-constraint.ts';

const rows = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 2, maxLength: 90 });
const options = fc.record({
  temperature: fc.constantFrom(0, 0.7, 1),
  topK: fc.constantFrom(0, 1, 5, 40),
  topP: fc.constantFrom(0.5, 0.95, 1),
  repeatPenalty: fc.constantFrom(1, 1.3),
  mirostat: fc.constant(0 as const),
  seed: fc.nat(),
});

describe('sampling under a constraint', () => {
  it('the tokens are those that the steps give for logits with -Infinity in place of forbidden tokens', () => {
    fc.assert(
      fc.property(rows, options, fc.boolean(), (given, settings, canAllow) => {
        const logits = Float32Array.from(given);
        const constraint = parityConstraint(logits.length, canAllow);
        const [constrained, masked] = [createSampler(settings), createSampler(settings)];
        for (let token = 0; token < 6; token++) {
          const row = logits.map((logit, id) => (id % 2 === token % 2 ? logit : -Infinity));
          const id = constrained.sample(logits, constraint);
          expect(id).toBe(masked.sample(row));
          constraint.accept(id);
          constrained.accept(id);
          masked.accept(id);
        }
        expect([...logits]).toEqual([...Float32Array.from(given)]);
      }),
      { numRuns: 500 },
    );
  });

  it('a greedy choice needs no mask as long as the best token is allowed', () => {
    const constraint = parityConstraint(70, true);
    const sampler = createSampler({ temperature: 0 });
    const row = new Float32Array(70);
    row[68] = 2;
    row[1] = 1;
    expect(sampler.sample(row, constraint)).toBe(68);
    expect(constraint.masks).toBe(0);
    constraint.accept(68);
    expect(sampler.sample(row, constraint)).toBe(1);
    expect(constraint.masks).toBe(1);
  });

  it('a constraint that allows nothing is an error, and so is a logit that is no number', () => {
    const none: TokenConstraint = { mask: () => new Uint32Array(1), accept() {}, rollback() {} };
    for (const temperature of [0, 1]) {
      const sampler = createSampler({ temperature });
      expect(errorOf(() => sampler.sample(Float32Array.of(1, 2), none)).code).toBe('NON_FINITE_LOGITS');
      expect(errorOf(() => sampler.sample(Float32Array.of(1, Number.NaN), none)).details['id']).toBe(1);
    }
  });

  it('ids beyond the last bit of the mask are forbidden', () => {
    const short: TokenConstraint = { mask: () => Uint32Array.of(2), accept() {}, rollback() {} };
    const sampler = createSampler({ temperature: 0 });
    expect(
      sampler.sample(
        Float32Array.from({ length: 100 }, (_, id) => id),
        short,
      ),
    ).toBe(1);
  });
});

describe('allowedTokens', () => {
  it('counts the tokens that may follow, and leaves the constraint as it was', () => {
    const constraint = parityConstraint(10);
    constraint.accept(0);
    expect(allowedTokens(constraint, [1, 2, 3, 5, 6])).toBe(3);
    expect(allowedTokens(constraint, [2])).toBe(0);
    expect(allowedTokens(constraint, [])).toBe(0);
    expect(constraint.accepted).toEqual([0]);
  });

  it('leaves a constraint that throws as it was', () => {
    const constraint = parityConstraint(10);
    const failing: TokenConstraint = {
      mask: () => constraint.mask(),
      accept(id) {
        if (id === 3) throw new Error('no');
        constraint.accept(id);
      },
      rollback: (tokens) => constraint.rollback(tokens),
    };
    expect(() => allowedTokens(failing, [0, 1, 2, 3])).toThrow('no');
    expect(constraint.accepted).toEqual([]);
  });
});
