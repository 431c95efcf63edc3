// Profiles: events that account for the time and the bytes of a run, and tokens that do not change.
import { cpu } from '@rondo/backend-cpu';
import type { RondoWarning } from '@rondo/errors';
import { memory } from '@rondo/source';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProfile, loadModel, type Profile, type ProfileEvent } from '../src/index.ts';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { demoBytes, greedy } from './support/demo.ts';
import { expertModel } from './support/experts.ts';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, string | number>>;
}

const traceOf = (profile: Profile) =>
  (JSON.parse([...profile.trace()].join('')) as { traceEvents: TraceEvent[] }).traceEvents;

/** The events of a run of `steps` tokens, and what the model says of the same run. */
async function run(options: LoadOptions, steps: number, bytes: Uint8Array = demo) {
  const events: ProfileEvent[] = [];
  const profile = createProfile();
  const sink = {
    record(event: ProfileEvent) {
      events.push(event);
      profile.record(event);
    },
  };
  await using model = await loadModel(memory(bytes), { context: 128, ...options, profile: sink });
  const ids = await greedy(model, 'ROMEO:', steps);
  return { events, profile, ids, stats: model.stats(), budget: model.budget };
}

const on = (events: readonly ProfileEvent[], track: RegExp) =>
  events.filter((event) => track.test(event.track));
const weightBytesOf = (event: ProfileEvent) => Number(event.details?.['weightBytes'] ?? 0);

let demo: Uint8Array = new Uint8Array();
beforeAll(async () => {
  demo = await demoBytes();
});

describe('a profile', () => {
  it('does not change tokens, resident or streamed', async () => {
    await using plain = await loadModel(memory(demo), { context: 128 });
    const expected = await greedy(plain, 'ROMEO:', 12);
    expect((await run({}, 12)).ids).toEqual(expected);
    expect((await run({ memory: '3.5MB' }, 12)).ids).toEqual(expected);
  });

  it('has a pass for each token, and the weights of a token in each pass', async () => {
    const { events, budget } = await run({}, 6);
    const passes = on(events, /^pass$/);
    expect(passes.map(({ details }) => details?.['tokens'])).toEqual([3, 1, 1, 1, 1, 1]);
    for (const { startMs, endMs } of passes) {
      const within = on(events, /^thread 0$/).filter((one) => one.startMs >= startMs && one.endMs <= endMs);
      const bytes = within.reduce((sum, event) => sum + weightBytesOf(event), 0);
      // Norms are no products, and the head is read again.
      expect(bytes / budget.allWeightBytes).toBeGreaterThan(0.95);
      expect(bytes / budget.allWeightBytes).toBeLessThan(1.05);
    }
  });

  it.each([0, 1, 3])(
    'has no two operations of a thread at the same time, with %d threads',
    async (threads) => {
      const { events } = await run({ backend: cpu({ threads, profile: true }) }, 4);
      const tracks = new Set(on(events, /^thread/).map(({ track }) => track));
      expect(tracks.size).toBe(Math.max(1, threads));
      for (const track of tracks) {
        const own = events.filter((event) => event.track === track).toSorted((a, b) => a.startMs - b.startMs);
        expect(own.length).toBeGreaterThan(100);
        for (const [index, { startMs, endMs }] of own.entries()) {
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          // A page's clock may be coarse; Node's clock is not.
          expect(startMs).toBeGreaterThanOrEqual((own[index - 1]?.endMs ?? 0) - 1e-6);
        }
      }
    },
  );

  it('has the parts of the model, in several memories as well', async () => {
    const parts = async (options: LoadOptions) => {
      const { events } = await run(options, 2);
      return [...new Set(on(events, /^thread/).map(({ details }) => details?.['part']))].toSorted();
    };
    const expected = await parts({});
    expect(expected).toContain('layer 0');
    expect(expected).toContain('output');
    const backend = cpu({ threads: 2, profile: true, arenaBytes: 4 * 2 ** 20, maximumBytes: 2 ** 26 });
    expect(await parts({ backend })).toEqual(expected);
  });

  it('accounts for every byte read and every eviction of a streamed run', async () => {
    const { events, profile, stats } = await run({ memory: '3.5MB' }, 8);
    const summary = profile.summary();
    expect(stats.evictions).toBeGreaterThan(0);
    expect(summary.evictions).toBe(stats.evictions);
    expect(summary.reads.bytes).toBe(stats.bytesRead);
    expect(summary.reads.count).toBe(on(events, /^read/).length);
    expect(summary.waitMs).toBeGreaterThan(0);
    expect(summary.passes).toBe(8);
    const computeMs = summary.operations.reduce((sum, { ms }) => sum + ms, 0);
    expect(computeMs + summary.barrierMs + summary.idleMs).toBeCloseTo(summary.passMs, 6);
  });

  it('has the experts of a layer as a part of their own', async () => {
    const { events } = await run({}, 2, Uint8Array.from(await expertModel({ dtype: 'Q4_0' })));
    const parts = new Set(on(events, /^thread/).map(({ details }) => details?.['part']));
    expect(parts).toContain('layer 0, experts');
  });

  it('is a trace that names its tracks, with times from 0 on', async () => {
    const { events, profile } = await run({ memory: '3.5MB' }, 3);
    const trace = traceOf(profile);
    const names = trace.filter(({ name }) => name === 'thread_name').map(({ args }) => args['name']);
    expect(names.slice(0, 2)).toEqual(['pass', 'host']);
    expect(names).toContain('thread 1');
    expect(names).toContain('read 0');
    const timed = trace.filter(({ ph }) => ph !== 'M');
    expect(timed.length).toBe(events.length);
    expect(Math.min(...timed.map(({ ts }) => ts ?? -1))).toBe(0);
    for (const { ph, dur } of timed) if (ph === 'X') expect(dur).toBeGreaterThan(0);
  });
});

it('a full profile counts what it drops', () => {
  const profile = createProfile({ mostEvents: 2 });
  for (let index = 0; index < 5; index++)
    profile.record({ track: 'pass', name: 'pass', startMs: index, endMs: index + 1 });
  expect(profile.dropped).toBe(3);
  expect(profile.summary()).toMatchObject({ passes: 2, passMs: 2 });
  expect(traceOf(profile).filter(({ ph }) => ph === 'X').length).toBe(2);
});

it('an empty profile is an empty trace and a summary of zeros', () => {
  const profile = createProfile();
  expect(traceOf(profile)).toEqual([]);
  expect(profile.summary()).toMatchObject({ passes: 0, passMs: 0, threads: 0, operations: [], idleMs: 0 });
});

it('a backend that does not tell its operations is warned about', async () => {
  const warnings: RondoWarning[] = [];
  const onWarning = (warning: RondoWarning) => warnings.push(warning);
  const { events } = await run({ backend: cpu({ threads: 1 }), onWarning }, 2);
  expect(warnings.map(({ code }) => code)).toEqual(['NO_PROFILED_OPERATIONS']);
  expect(on(events, /^thread/)).toEqual([]);
  expect(on(events, /^pass$/).length).toBe(2);
});

it('what is no profile is refused by name', async () => {
  const loading = loadModel(memory(demo), { profile: {} as Profile });
  await expect(loading).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('profile'),
  });
});
