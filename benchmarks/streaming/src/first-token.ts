// The first token after a long prompt, streaming: one pass over the weights, with the computation of all tokens of the
// prompt.
import { memoryBar, type Bench, type RowResult } from './bench.ts';
import { measureBesideLimit } from './beside-limit.ts';
import type { ModelChoice } from './models.ts';
import { promptIds } from './prompts.ts';

/** A model in a given memory. */
export interface FirstTokenRow {
  readonly what: string;
  readonly choice: ModelChoice;
  readonly memoryBytes: number;
  readonly promptTokens: number;
  readonly least: number;
  readonly goal: number;
}

/** Positions of the context that the prompt leaves free. */
const SPARE_TOKENS = 32;

/** Measures it. */
export async function measureFirstToken(bench: Bench, row: FirstTokenRow): Promise<RowResult> {
  const { what, choice, memoryBytes, promptTokens, least, goal } = row;
  const named = `first token of ${promptTokens}, ${what}`;
  const { share, text, figures, peakRssBytes } = await measureBesideLimit(bench, {
    what: named,
    choice,
    memoryBytes,
    contextTokens: promptTokens + SPARE_TOKENS,
    request: (vocabularySize) => ({ prompts: [promptIds(promptTokens, vocabularySize)], tokens: 0 }),
    passMs: ({ firstTokenMs }) => firstTokenMs,
    passBytesRead: ({ firstTokenBytesRead }) => firstTokenBytesRead,
  });
  const { computeMs, missingBytes, disk, measuredMs } = figures;
  const oneAfterTheOther = computeMs + (missingBytes / disk.bytesPerSecond) * 1000;
  return {
    bars: [
      {
        what: named,
        against: 'the physical limit',
        reached: share,
        least,
        goal,
        figures: `${text}; reading first and then computing would be ${oneAfterTheOther.toFixed(0)} (${(oneAfterTheOther / measuredMs).toFixed(2)} of it)`,
      },
      memoryBar(bench, named, memoryBytes, peakRssBytes),
    ],
    figures,
  };
}
