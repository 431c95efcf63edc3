// How many proposed tokens are verified, on machines of different kinds, for texts that repeat themselves or do not. Time is
// made up: a pass takes what the machine says.
import { describe, expect, it } from 'vitest';
import { createPassCosts } from '../../sessions/pass-costs.ts';
import { createSpeculator } from './speculator.ts';
import type { Drafter } from './strategy.ts';

/** Time of a pass by its rows: all time is reading weights, all time is computing rows, or both. */
const machines = {
  reading: () => 100,
  computing: (rows: number) => 100 * rows,
  both: (rows: number) => 100 + 30 * (rows - 1),
};

interface Run {
  readonly machine: (rows: number) => number;
  /** Whether the proposal for a token is right. */
  readonly right: (token: number) => boolean;
  readonly tokens?: number;
  readonly msPerToken?: number;
  readonly fixed?: number;
  readonly batchTokens?: number;
  readonly sessions?: number;
}

/** Generates so many tokens: the time as a share of the time without speculation, and how many tokens each pass verified. */
async function run({
  machine,
  right,
  tokens = 1000,
  msPerToken = 0,
  fixed,
  batchTokens = 64,
  sessions = 1,
}: Run) {
  const costs = createPassCosts();
  costs.note(200, machine(200));
  costs.note(1, machine(1), sessions);
  let known = msPerToken === 0;
  let draftMs = 0;
  const drafter: Drafter = {
    tokens: fixed,
    get msPerToken() {
      return known ? msPerToken : undefined;
    },
    async propose({ length }, most) {
      known = true;
      draftMs += most * msPerToken;
      const ids = Array.from({ length: most }, (_, index) => (right(length + index) ? length + index : -1));
      return { ids, evidence: 4 };
    },
  };
  const speculator = createSpeculator(drafter, costs, batchTokens);
  // The text is 0, 1, 2 and so on.
  const ids = [0];
  const verified: { readonly at: number; readonly count: number }[] = [];
  let ms = 0;
  while (ids.length <= tokens) {
    const most = tokens - ids.length;
    const proposed = await speculator.propose({ ids, most, signal: undefined });
    verified.push({ at: ids.length, count: proposed.length });
    const passMs = machine(proposed.length + 1);
    costs.note(proposed.length + 1, passMs, sessions);
    ms += passMs;
    const alike = proposed.findIndex((id, index) => id !== ids.length + index);
    const next = (alike < 0 ? proposed.length : alike) + 1;
    for (let token = 0; token < next && ids.length <= tokens; token++) {
      speculator.observe(ids.length);
      ids.push(ids.length);
    }
  }
  const { proposed, accepted } = speculator;
  return { time: (ms + draftMs) / (tokens * machine(1)), verified, proposed, accepted };
}

const always = () => true;
const never = () => false;

describe('the number of verified tokens', () => {
  it('many tokens are verified when proposals come true and cost nothing', async () => {
    const { time, proposed, accepted } = await run({ machine: machines.reading, right: always });
    expect(accepted).toBe(proposed);
    expect(time).toBeLessThan(0.045);
  });

  it('next to no token is verified when proposals never come true, whatever a pass costs', async () => {
    for (const machine of Object.values(machines))
      for (const msPerToken of [0, 5]) {
        const { time, accepted } = await run({ machine, right: never, msPerToken });
        expect(accepted).toBe(0);
        expect(time).toBeLessThan(1.03);
      }
  });

  it('no token is verified at a loss when each row costs as much as a pass', async () => {
    const { time } = await run({ machine: machines.computing, right: always });
    expect(time).toBeLessThan(1.03);
  });

  it('more tokens are verified when long stretches of proposals come true than when short stretches do', async () => {
    const mean = async (stretch: number) => {
      const { time, proposed, verified } = await run({
        machine: machines.both,
        right: (token) => token % stretch !== 0,
      });
      expect(time).toBeLessThan(1);
      return proposed / verified.filter(({ count }) => count > 0).length;
    };
    expect(await mean(3)).toBeLessThan(4);
    expect(await mean(40)).toBeGreaterThan(8);
  });

  it('tokens are verified again soon after a text begins to repeat itself', async () => {
    const { verified } = await run({ machine: machines.both, right: (token) => token > 500 });
    const before = verified.filter(({ at }) => at > 100 && at <= 500);
    expect(before.filter(({ count }) => count > 0).length / before.length).toBeLessThan(0.1);
    const begun = verified.find(({ at, count }) => at > 500 && count > 1)?.at ?? Number.POSITIVE_INFINITY;
    expect(begun).toBeLessThan(540);
  });

  it('many tokens of a quick draft are verified, and none of a draft as slow as the model', async () => {
    const slow = await run({ machine: machines.reading, right: always, msPerToken: 100 });
    expect(slow.time).toBeLessThan(1.03);
    const quick = await run({ machine: machines.reading, right: always, msPerToken: 2 });
    expect(quick.time).toBeLessThan(0.2);
  });

  it('a fixed number of tokens is always verified', async () => {
    const { verified, proposed } = await run({
      machine: machines.computing,
      right: never,
      fixed: 3,
      tokens: 20,
    });
    expect(verified.map(({ count }) => count)).toEqual([...Array.from({ length: 16 }, () => 3), 3, 2, 1, 0]);
    expect(proposed).toBe(54);
  });

  it('the verified tokens and one token of each session fit into a batch', async () => {
    for (const fixed of [undefined, 40]) {
      const { verified } = await run({
        machine: machines.reading,
        right: always,
        batchTokens: 16,
        sessions: 4,
        fixed,
      });
      expect(verified.reduce((most, { count }) => Math.max(most, count), 0)).toBe(16 - 4);
    }
  });
});
