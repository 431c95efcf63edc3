// Texts that begin, fail, are aborted and lose their backend at random, over states that are checked with each pass: what a
// session says that its state holds is there, and each text is the text that it is alone.
import { RondoError } from '@rondo/errors';
import type { KvCache } from '@rondo/tensor';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRandom } from '../common/random.ts';
import type { PassInput } from '../pass/pass-runner.ts';
import type { SequenceState } from '../states/sequence-state.ts';
import { createSessionPool } from './session-pool.ts';

// On a clock that stands still, so that a seed means the same on each machine.
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const SESSIONS = 3;
const CHECKPOINT = 4;
const vocabularySize = 5;

/** A recurrent state: it is of all tokens up to its end, and goes back to checkpoints alone. */
interface TestState extends SequenceState {
  readonly tokens: number[];
  readonly cache: KvCache & { readonly tokens: number[] };
}

function recurrentState(): TestState {
  const tokens: number[] = [];
  return {
    tokens,
    cache: { tokens } as TestState['cache'],
    storing() {},
    route() {},
    rewind(to) {
      expect(to).toBeLessThanOrEqual(tokens.length);
      if (to < tokens.length) tokens.length = to - (to % CHECKPOINT);
      return tokens.length;
    },
  };
}

/** The token that follows a text. */
const nextOf = (ids: readonly number[]) =>
  ids.reduce((hash, id) => (hash * 7 + id + 3) % 1009, 1) % vocabularySize;

/** Lets what has been started go on for a random number of turns. */
async function turns(random: () => number, most = 6): Promise<void> {
  for (let turn = Math.floor(most * random()); turn > 0; turn--) await Promise.resolve();
}

async function scenario(seed: number) {
  const random = createRandom(seed);
  let states = Array.from({ length: SESSIONS }, recurrentState);
  let lost = 0;
  const passes = {
    passTokens: 6,
    counts: { passes: 0, ms: 0 },
    predict: () => Promise.reject(new RangeError('Nothing is predicted.')),
    renew() {},
    dispose() {},
    async run({ sequences, signal }: PassInput) {
      const chance = random();
      for (const { cache, position } of sequences)
        expect((cache as TestState['cache']).tokens).toHaveLength(position);
      // Long enough for others to take over the session of an aborted request.
      await turns(random, 40);
      for (const { cache, ids } of sequences) (cache as TestState['cache']).tokens.push(...ids);
      await turns(random, 40);
      signal?.throwIfAborted();
      if (chance < 0.05) throw new Error('no disk');
      if (chance < 0.1) {
        lost++;
        throw new RondoError('BACKEND_FAILED', 'lost');
      }
      for (const { cache, ids, position, logitsFrom, onLogits } of sequences)
        for (let token = logitsFrom; token < ids.length; token++) {
          const text = (cache as TestState['cache']).tokens.slice(0, position + token + 1);
          onLogits(Float32Array.of(nextOf(text)), token);
        }
    },
  };
  const pool = createSessionPool({
    passes,
    budget: { batchTokens: 4, contextTokens: 40 },
    states: () => states,
    vocabularySize,
    recover: async () => {
      await turns(random);
      states = states.map(recurrentState);
    },
  });
  /** Ends of texts that others may begin like. */
  const texts: number[][] = [[1], [2, 0, 3]];
  let checked = 0;

  async function one(): Promise<void> {
    const whole = texts[Math.floor(random() * texts.length)] ?? [];
    const ids = whole.slice(0, Math.max(1, Math.floor(whole.length * (0.3 + random()))));
    if (random() < 0.3) ids.push(Math.floor(vocabularySize * random()));
    const controller = new AbortController();
    const { signal } = controller;
    const { session, release } = await pool.acquire(ids, signal);
    if (random() < 0.4) void turns(random, 60).then(() => controller.abort('enough'));
    try {
      for (let step = 0; step < 6 && ids.length < 30; step++) {
        const from = random() < 0.1 ? Math.floor(random() * ids.length) : ids.length - 1;
        const proposed = Array.from({ length: Math.floor(random() * 4) }, () => nextOf(ids));
        const rows = new Map<number, number>();
        await session.append([...ids.slice(session.ids.length), ...proposed], {
          from,
          best: 1,
          onLogits: ([next = -1], token) => rows.set(token, next),
          signal,
        });
        expect(session.held).toBe(session.ids.length);
        expect([...rows.keys()]).toEqual([...session.ids.keys()].slice(from));
        for (const [token, next] of rows) expect(next).toBe(nextOf(session.ids.slice(0, token + 1)));
        checked += rows.size;
        for (let next = rows.get(ids.length - 1); next !== undefined; next = rows.get(ids.length - 1)) {
          const isProposed = session.ids[ids.length] === next;
          if (!isProposed) session.rewind(ids.length);
          ids.push(next);
          if (!isProposed) break;
        }
        texts.push([...ids]);
        await turns(random);
      }
    } finally {
      release();
    }
  }

  const known = ['enough', 'no disk', 'lost'];
  const tasks = Array.from({ length: 40 }, async () => {
    await turns(random, 200);
    await one().catch((error: unknown) => {
      if (!known.some((message) => String(error).includes(message))) throw error;
    });
  });
  const running = new Set(tasks);
  for (const task of tasks) void task.finally(() => running.delete(task)).catch(() => {});
  while (running.size > 0) await vi.advanceTimersByTimeAsync(1);
  await Promise.all(tasks);
  return { checked, lost };
}

it('random requests: each session holds what it says, and each text goes on as it does alone', async () => {
  const sum = { checked: 0, lost: 0 };
  for (let seed = 1; seed <= 20; seed++) {
    const { checked, lost } = await scenario(seed);
    sum.checked += checked;
    sum.lost += lost;
  }
  expect(sum.checked).toBeGreaterThan(1000);
  expect(sum.lost).toBeGreaterThan(10);
});
