// The tokens of its text that a session holds, and the tokens that it runs, with passes that succeed or fail at once.
import type { KvCache } from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import type { PassInput } from '../pass/pass-runner.ts';
import { createSequenceState, type SequenceState } from '../states/sequence-state.ts';
import { createPassCosts } from './pass-costs.ts';
import { createRequestQueue } from './request-queue.ts';
import { createSession } from './session.ts';

const lossless = () => createSequenceState({ layers: [] }, {} as KvCache);

/** A session over passes of at most 8 tokens. */
function setUp({ state = lossless(), ids = [] as number[] } = {}) {
  /** The tokens that passes ran. */
  const ran: (readonly number[])[] = [];
  let failure: Error | undefined;
  const passes = {
    passTokens: 8,
    async run({ sequences }: PassInput) {
      if (failure) throw failure;
      for (const { ids, logitsFrom, onLogits } of sequences) {
        ran.push(ids);
        for (let token = logitsFrom; token < ids.length; token++) onLogits(new Float32Array(1), token);
      }
    },
  };
  const budget = { batchTokens: 8 };
  const queue = createRequestQueue({ passes, budget, costs: createPassCosts(), recover: undefined });
  const session = createSession(state, { check() {}, run: queue.run }, ids);
  /** Appends tokens: the tokens whose logits were told. */
  async function append(added: readonly number[], from = session.ids.length + added.length - 1) {
    const told: number[] = [];
    await session.append(added, { from, best: 1, onLogits: (_, token) => told.push(token) });
    return told;
  }
  return { session, append, ran, failWith: (error: Error | undefined) => (failure = error) };
}

const upTo = (tokens: number) => Array.from({ length: tokens }, (_, token) => token);

describe('the work for one token', () => {
  /** How often elements of the text are read or written until one token of a text of so many tokens has been run. */
  async function accesses(tokens: number, change: (set: ReturnType<typeof setUp>) => Promise<unknown>) {
    let count = 0;
    const counted = (key: string | symbol) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) count++;
    };
    const ids = new Proxy(upTo(tokens), {
      get(target, key, receiver): unknown {
        counted(key);
        return Reflect.get(target, key, receiver);
      },
      set(target, key, value, receiver) {
        counted(key);
        return Reflect.set(target, key, value, receiver);
      },
      // As `slice` and `indexOf` ask.
      has(target, key) {
        counted(key);
        return Reflect.has(target, key);
      },
    });
    const set = setUp({ ids });
    await set.append([]);
    expect(set.session.held).toBe(tokens);
    count = 0;
    await change(set);
    return count;
  }

  const changes: Record<string, (set: ReturnType<typeof setUp>) => Promise<unknown>> = {
    'an appended token': ({ append }) => append([5]),
    'a token after two proposals that were not chosen': async ({ session, append }) => {
      const { length } = session.ids;
      await append([5, 6, 7], length);
      session.rewind(length + 1);
      return append([8]);
    },
  };
  it.each(Object.keys(changes))(
    '%s costs as many accesses to a long text as to a short text',
    async (what) => {
      const change = changes[what];
      if (!change) throw new RangeError(what);
      const short = await accesses(10, change);
      expect(short).toBeGreaterThan(0);
      expect(short).toBeLessThan(30);
      expect(await accesses(3000, change)).toBe(short);
    },
  );
});

describe('a session', () => {
  it('a session runs what it lacks, and tells the wanted logits by their index in the text', async () => {
    const { session, append, ran } = setUp();
    expect(await append([0, 1, 2], 1)).toEqual([1, 2]);
    expect(await append([3])).toEqual([3]);
    expect(await append([], 2)).toEqual([2, 3]);
    expect(await append([], 4)).toEqual([]);
    session.rewind(1);
    expect(await append([7, 8])).toEqual([2]);
    expect(ran).toEqual([[0, 1, 2], [3], [2, 3], [7, 8]]);
    expect(session).toMatchObject({ ids: [0, 7, 8], held: 3 });
  });

  it('a state that goes back to a checkpoint has the tokens after the checkpoint run again', async () => {
    let end = 0;
    const state: SequenceState = {
      ...lossless(),
      storing: (to) => (end = to),
      rewind: (to) => (end = to === end ? to : to - (to % 4)),
    };
    const { session, append, ran } = setUp({ state });
    await append(upTo(7));
    session.rewind(6);
    expect(await append([16], 5)).toEqual([5, 6]);
    session.rewind(4);
    expect(await append([24])).toEqual([4]);
    expect(ran).toEqual([upTo(7), [4, 5, 16], [24]]);
    expect(session.held).toBe(5);
  });

  it('after a failed request the tokens stay in the text, and the next request runs them', async () => {
    const { session, append, ran, failWith } = setUp();
    await append([0, 1]);
    failWith(new Error('no disk'));
    await expect(append([2, 3])).rejects.toThrow('no disk');
    expect(session).toMatchObject({ ids: [0, 1, 2, 3], held: 2 });
    failWith(undefined);
    expect(await append([4])).toEqual([4]);
    expect(ran).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  it('a text of more tokens than a call takes arguments is appended at once', async () => {
    const { session, append } = setUp();
    const tokens = 200_000;
    await append(upTo(tokens));
    expect(session.held).toBe(tokens);
    expect(session.ids).toHaveLength(tokens);
  });
});

describe('the text changes while a pass runs', () => {
  it('the state holds the tokens of an aborted pass that are still in the text', () => {
    const { session } = setUp({ ids: upTo(6) });
    expect(session.store(6)).toMatchObject({ ids: upTo(6), position: 0 });
    session.stored();
    expect(session.held).toBe(6);
  });

  it('the state holds no token of a pass that left the text before the pass ended', () => {
    const { session } = setUp({ ids: upTo(6) });
    session.store(6);
    session.rewind(2);
    session.stored();
    expect(session).toMatchObject({ ids: [0, 1], held: 2 });
    session.store(0);
    session.renew();
    session.stored();
    expect(session.held).toBe(0);
  });
});
