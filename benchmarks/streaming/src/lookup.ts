// Prompt lookup on texts of the demo model, whose weights are real, so that the share of right proposals is real, too.
// Its greedy text repeats itself; its random text does not. The model is small, so its disk is slowed down until reading
// takes the same share of the time as for a model of 3.8 GB in 2 GiB.
import { fileURLToPath } from 'node:url';
import { median, type Bar } from '@rondo/bench-shared';
import { demoModelUrl } from '@rondo/demo-model';
import { inTurns, type Bench, type RowResult } from './bench.ts';
import { openInProcess } from './engine-process.ts';
import type { Run } from './engine.ts';

/** The bars: on a text that repeats itself, and on a text that does not. */
export interface LookupRow {
  readonly repeating: { readonly least: number; readonly goal: number };
  readonly other: { readonly least: number; readonly goal: number };
}

/**
 * Milliseconds of reading for each millisecond of computing, as for a 7B model in Q4_0 in 2 GiB: 1.8 GB at 1.85 GB/s, and
 * 325 ms.
 */
const READ_MS_PER_COMPUTE_MS = 3;
/** Less than half of the weights fit besides keys, values and activations. */
const MEMORY_BYTES = 6 * 2 ** 20;
const CONTEXT_TOKENS = 320;
const NEW_TOKENS = 128;
const PASSAGE = `MENENIUS:
You have made good work,
You and your apron-men; you that stood so up much
on the voice of occupation and
The breath of garlic-eaters!

`;

/** Measures both. */
export async function measureLookup(bench: Bench, { repeating, other }: LookupRow): Promise<RowResult> {
  const options = {
    path: fileURLToPath(demoModelUrl),
    threads: bench.threads,
    contextTokens: CONTEXT_TOKENS,
  };
  const bytesPerSecond = await slowDisk(options);
  await using engine = await openInProcess('rondo', {
    ...options,
    memoryBytes: MEMORY_BYTES,
    bytesPerSecond,
  });

  async function bar(what: string, temperature: number, bars: LookupRow['other']): Promise<Bar> {
    const runs = { plain: [] as Run[], lookup: [] as Run[] };
    const request = { prompts: [PASSAGE + PASSAGE], tokens: NEW_TOKENS, temperature };
    const ask = (into: Run[], lookup: boolean) => async (counts: boolean) => {
      const run = await engine.run({ ...request, lookup });
      if (counts) into.push(run);
    };
    await inTurns(bench.rounds, [ask(runs.plain, false), ask(runs.lookup, true)]);
    const ms = (list: readonly Run[]) => median(list.map(({ decodeMs, tokens }) => decodeMs / tokens));
    const [first] = runs.lookup;
    return {
      what: `prompt lookup, ${what}`,
      against: 'without',
      reached: ms(runs.plain) / ms(runs.lookup),
      ...bars,
      figures: `${ms(runs.lookup).toFixed(1)} against ${ms(runs.plain).toFixed(1)} ms a token; ${first?.passes ?? 0} passes for ${first?.tokens ?? 0} tokens; demo model, disk of ${(bytesPerSecond / 1e6).toFixed(0)} MB/s`,
    };
  }

  return {
    bars: [
      await bar('a text that repeats itself', 0, repeating),
      await bar('a text that does not', 1, other),
    ],
  };
}

/** Bytes a second of a disk that takes this share of the time. */
async function slowDisk(options: Parameters<typeof openInProcess>[1]): Promise<number> {
  await using resident = await openInProcess('rondo', { ...options, memoryBytes: 64 * 2 ** 20 });
  const times: number[] = [];
  await inTurns(3, [
    async (counts) => {
      const { decodeMs, tokens } = await resident.run({ prompts: [PASSAGE], tokens: 64 });
      if (counts) times.push(decodeMs / tokens);
    },
  ]);
  await using streaming = await openInProcess('rondo', { ...options, memoryBytes: MEMORY_BYTES });
  const { weightBytes, weightRoomBytes } = streaming.loaded;
  return ((weightBytes - weightRoomBytes) / (median(times) * READ_MS_PER_COMPUTE_MS)) * 1000;
}
