// The runs in the timeline: one token in the steady state, with each kind of prefetch.
import { pinned } from '@rondo/cache';
import type { TimelinePanel } from './charts/timeline.ts';
import { ENTRIES, patterns } from './patterns.ts';
import { FAST_COMPUTING } from './product.ts';
import { simulate, type SimulationEvent } from './simulate.ts';
import { nameOf, prefetchers, type PrefetchEntry } from './strategies.ts';
import { intervalsOf } from './timeline.ts';

/** The index of the shown token, which is the number of tokens before it. */
const TOKEN = 6;
const SLOTS = 16;
const SHOWN = ['none', 'sync 1', 'async 1', 'async 4', 'predictive'];

/** A panel for each strategy, all as long as the slowest token. */
export async function timelines(): Promise<{ panels: TimelinePanel[]; untilMs: number; subtitle: string[] }> {
  const { machine } = FAST_COMPUTING;
  const runs = await Promise.all(
    prefetchers.filter((entry) => SHOWN.includes(nameOf(entry))).map((entry) => runOf(entry)),
  );
  return {
    panels: runs.map(({ entry, intervals, tokenMs }) => ({
      title: `${nameOf(entry)}: ${tokenMs.toFixed(0)} ms`,
      intervals,
    })),
    untilMs: Math.max(...runs.map(({ tokenMs }) => tokenMs)),
    subtitle: [
      `Simulated: ${ENTRIES} layers, pinned with room for ${SLOTS}, token ${TOKEN + 1} of a run; computing a layer takes ${machine.computeMs} ms,`,
      'reading it 10 ms if nothing else is read. Numbers are layers; reads that overlap share the disk.',
    ],
  };
}

async function runOf(entry: PrefetchEntry) {
  const [inference] = patterns;
  const events: SimulationEvent[] = [];
  const trace = inference?.trace((TOKEN + 2) * ENTRIES) ?? [];
  await simulate({
    trace,
    keys: ENTRIES,
    slots: SLOTS,
    policy: pinned(),
    prefetch: entry.create(),
    machine: FAST_COMPUTING.machine,
    onEvent: (event) => events.push(event),
  });
  /** The ends of the computation of the last layer, of this token and of the previous one. */
  const [startMs = 0, endMs = 0] = events
    .filter(({ type, key }) => type === 'computed' && key === ENTRIES - 1)
    .slice(TOKEN - 1, TOKEN + 1)
    .map(({ atMs }) => atMs);
  const intervals = intervalsOf(events)
    .map((one) => ({ ...one, startMs: one.startMs - startMs, endMs: one.endMs - startMs }))
    .filter((one) => one.startMs < endMs - startMs);
  return { entry, intervals, tokenMs: endMs - startMs };
}
