// Several texts at once compared with one text, each in a separate process with the same memory: more sessions leave less
// memory to the weights.
import { median } from '@rondo/bench-shared';
import { inTurns, memoryBar, openLimited, type Bench, type RowResult } from './bench.ts';
import type { EngineProcess } from './engine-process.ts';
import type { Run } from './engine.ts';
import type { ModelChoice } from './models.ts';
import { promptIds } from './prompts.ts';

/** A model in a given memory. */
export interface SessionsRow {
  readonly what: string;
  readonly choice: ModelChoice;
  readonly memoryBytes: number;
  readonly sessions: number;
  readonly least: number;
  readonly goal: number;
}

const PROMPT_TOKENS = 16;
const CONTEXT_TOKENS = 256;

/** Measures it. */
export async function measureSessions(bench: Bench, row: SessionsRow): Promise<RowResult> {
  const { what, choice, memoryBytes, sessions, least, goal } = row;
  const { path, vocabularySize } = await bench.model(choice);
  const options = { path, contextTokens: CONTEXT_TOKENS };
  await using one = await openLimited(bench, 'rondo', options, memoryBytes);
  await using several = await openLimited(bench, 'rondo', { ...options, sessions }, memoryBytes);
  const runs = { one: [] as Run[], several: [] as Run[] };
  const ask = (process: EngineProcess, texts: number, into: Run[]) => async (counts: boolean) => {
    const prompts = Array.from({ length: texts }, () => promptIds(PROMPT_TOKENS, vocabularySize));
    const run = await process.run({ prompts, tokens: bench.newTokens });
    if (counts) into.push(run);
  };
  await inTurns(bench.rounds, [ask(one, 1, runs.one), ask(several, sessions, runs.several)]);

  const perSecond = (list: readonly Run[]) =>
    median(list.map(({ tokens, decodeMs }) => (tokens * 1000) / decodeMs));
  const [alone, together] = [perSecond(runs.one), perSecond(runs.several)];
  const named = `${sessions} sessions, ${what}`;
  return {
    bars: [
      {
        what: named,
        against: 'one session',
        reached: together / alone,
        least,
        goal,
        figures: `${together.toFixed(2)} against ${alone.toFixed(2)} tokens a second in all`,
      },
      memoryBar(bench, named, memoryBytes, Math.max(...runs.several.map((run) => run.peakRssBytes))),
    ],
  };
}
