// How much is verified, on machines of different kinds and texts that repeat themselves or do not. Time is made up: a pass
// takes what the machine says.
import { describe, expect, it } from 'vitest';
import { createPassCosts } from '../../sessions/pass-costs.ts';
import { createSpeculator } from './speculator.ts';
import type { Drafter } from './strategy.ts';

/** Time of a pass by its rows: where reading the weights is all, where every row costs as much, and in between. */
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
}

/** Generates so many tokens; the time by what they take without speculation, and what each pass verified. */
async function run({ machine, right, tokens = 1000, msPerToken = 0, fixed }: Run) {
  const costs = createPassCosts();
  costs.note(200, machine(200));
  costs.note(1, machine(1));
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
  const speculator = createSpeculator(drafter, costs, Infinity);
  // The text is 0, 1, 2 and so on.
  const ids = [0];
  const verified: { readonly at: number; readonly count: number }[] = [];
  let ms = 0;
  while (ids.length <= tokens) {
    const most = tokens - ids.length;
    const proposed = await speculator.propose({ ids, most, signal: undefined });
    verified.push({ at: ids.length, count: proposed.length });
    const passMs = machine(proposed.length + 1);
    costs.note(proposed.length + 1, passMs);
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

describe('how much is verified', () => {
  it('much where it comes true and costs nothing', async () => {
    const { time, proposed, accepted } = await run({ machine: machines.reading, right: always });
    expect(accepted).toBe(proposed);
    expect(time).toBeLessThan(0.045);
  });

  it('next to nothing where it never comes true, whatever a pass costs', async () => {
    for (const machine of Object.values(machines))
      for (const msPerToken of [0, 5]) {
        const { time, accepted } = await run({ machine, right: never, msPerToken });
        expect(accepted).toBe(0);
        expect(time).toBeLessThan(1.03);
      }
  });

  it('no more than pays where each row costs as much as a pass', async () => {
    const { time } = await run({ machine: machines.computing, right: always });
    expect(time).toBeLessThan(1.03);
  });

  it('by how much is right: more of long stretches than of short ones', async () => {
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

  it('again when a text begins to repeat itself, as soon as that shows', async () => {
    const { verified } = await run({ machine: machines.both, right: (token) => token > 500 });
    const before = verified.filter(({ at }) => at > 100 && at <= 500);
    expect(before.filter(({ count }) => count > 0).length / before.length).toBeLessThan(0.1);
    const begun = verified.find(({ at, count }) => at > 500 && count > 1)?.at ?? Number.POSITIVE_INFINITY;
    expect(begun).toBeLessThan(540);
  });

  it('by what a draft takes: nothing where it is as slow as the model, much where it is quick', async () => {
    const slow = await run({ machine: machines.reading, right: always, msPerToken: 100 });
    expect(slow.time).toBeLessThan(1.03);
    const quick = await run({ machine: machines.reading, right: always, msPerToken: 2 });
    expect(quick.time).toBeLessThan(0.2);
  });

  it('always so many where that is asked for', async () => {
    const { verified, proposed } = await run({
      machine: machines.computing,
      right: never,
      fixed: 3,
      tokens: 20,
    });
    expect(verified.map(({ count }) => count)).toEqual([...Array.from({ length: 16 }, () => 3), 3, 2, 1, 0]);
    expect(proposed).toBe(54);
  });
});
