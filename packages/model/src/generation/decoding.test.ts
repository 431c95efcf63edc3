// The requests that a decoding makes of its session for each token.
import type { KvCache } from '@rondo/tensor';
import { expect, it } from 'vitest';
import { createPassCosts } from '../sessions/pass-costs.ts';
import { createSession } from '../sessions/session.ts';
import { createSequenceState } from '../states/sequence-state.ts';
import { createDecoding } from './decoding.ts';
import { createSampler } from './sampling/index.ts';
import { parityConstraint } from './test-support/parity-constraint.ts';
import { createSpeculator, type Drafter } from './speculation/index.ts';

/** A model that continues each token with the next number: what the session was given for each pass. */
async function decode(promptTokens: number, steps: number, drafter?: Drafter) {
  const given: (readonly number[])[] = [];
  const session = createSession(createSequenceState({ layers: [] }, {} as KvCache), {
    check(added) {
      given.push(added);
    },
    async run(session, { from, onLogits }) {
      session.store(session.ids.length - session.held);
      session.stored();
      for (let token = from; token < session.ids.length; token++)
        onLogits(Float32Array.of(1, (session.ids[token] ?? 0) + 1), token);
    },
  });
  const costs = createPassCosts();
  costs.note(1, 1);
  const decoding = createDecoding({
    session,
    sampler: createSampler({ temperature: 0 }),
    speculator: drafter && createSpeculator(drafter, costs, 64),
    prompt: Array.from({ length: promptTokens }, (_, token) => token),
    mostTokens: promptTokens + steps,
    vocabularySize: 32_000,
    signal: undefined,
  });
  for (let step = 0; step < steps; step++) {
    await decoding.read();
    decoding.accept(decoding.choose());
  }
  expect(decoding.ids).toEqual(Array.from({ length: promptTokens + steps }, (_, token) => token));
  return { session, given };
}

it('a session is given the new token alone, however long the text is', async () => {
  const { session, given } = await decode(2000, 4);
  expect(given.slice(1)).toEqual([[2000], [2001], [2002]]);
  expect(session.held).toBe(2003);
});

it('a session is given the new token and the proposals; it takes back proposals that were not chosen', async () => {
  const wrong = -1;
  const drafter: Drafter = {
    tokens: 3,
    msPerToken: 0,
    propose: async ({ length }, most) => ({ ids: [length, wrong, wrong].slice(0, most), evidence: 1 }),
  };
  const { session, given } = await decode(2000, 6, drafter);
  expect(given.slice(1)).toEqual([[2000, 2001, wrong, wrong], [2002, 2003, wrong], [2004]]);
  expect(session).toMatchObject({ held: 2005 });
  expect(session.ids).toHaveLength(2005);
});

it('all logits are read only for log probabilities and under a constraint; otherwise as many as the sampler needs', async () => {
  const asked: (number | undefined)[] = [];
  for (const [temperature, extra] of [
    [0, {}],
    [1, {}],
    [0, { wholeRows: true }],
    [1, { constraint: parityConstraint(100) }],
  ] as const) {
    const session = createSession(createSequenceState({ layers: [] }, {} as KvCache), {
      check() {},
      async run(_, { best, onLogits }) {
        asked.push(best);
        onLogits(Float32Array.of(3, 2), 0);
      },
    });
    const decoding = createDecoding({
      session,
      sampler: createSampler({ temperature }),
      speculator: undefined,
      prompt: [1],
      mostTokens: 2,
      vocabularySize: 100,
      signal: undefined,
      ...extra,
    });
    await decoding.read();
    expect([...decoding.logits]).toEqual([3, 2]);
  }
  expect(asked).toEqual([1, 40, undefined, undefined]);
});
