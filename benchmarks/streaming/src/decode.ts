// One token after another, streaming, compared with the physical limit, and with llama.cpp if requested.
import type { Bar } from '@rondo/bench-shared';
import { memoryBar, type Bench, type RowResult } from './bench.ts';
import { measureBesideLimit, type BesideLimit } from './beside-limit.ts';
import { openLlamaCppRuns, type LlamaCppRuns } from './llama-cpp-runs.ts';
import type { ModelChoice } from './models.ts';
import { promptIds } from './prompts.ts';

/** A model in a given memory. */
export interface DecodeRow {
  readonly what: string;
  readonly choice: ModelChoice;
  readonly memoryBytes: number;
  /** The yardstick: a share of the physical limit or of the resident model's speed, or a multiple of llama.cpp's speed. */
  readonly against: 'the physical limit' | 'the resident model' | 'llama.cpp, mapped';
  /** Whether llama.cpp runs under the same limit. */
  readonly withLlamaCpp: boolean;
  readonly least: number;
  readonly goal: number;
  /** A further bar: the multiple of llama.cpp's speed. */
  readonly timesLlamaCpp?: { readonly least: number; readonly goal: number } | undefined;
  /** A further bar: MiB read for each token. */
  readonly mebibytesRead?: { readonly least: number; readonly goal: number } | undefined;
}

const PROMPT_TOKENS = 16;
const CONTEXT_TOKENS = 256;

/** Measures it. */
export async function measureDecode(bench: Bench, row: DecodeRow): Promise<RowResult> {
  const { what, choice, memoryBytes, against, withLlamaCpp, least, goal } = row;
  const contextTokens = CONTEXT_TOKENS;
  const { path } = await bench.model(choice);
  await using llamaCpp = withLlamaCpp
    ? await openLlamaCppRuns(bench, { path, contextTokens }, memoryBytes)
    : undefined;
  const measured = await measureBesideLimit(bench, {
    what: `decode, ${what}`,
    choice,
    memoryBytes,
    contextTokens,
    request: (vocabularySize) => ({
      prompts: [promptIds(PROMPT_TOKENS, vocabularySize)],
      tokens: bench.newTokens,
    }),
    passMs: ({ decodeMs, tokens }) => decodeMs / tokens,
    passBytesRead: ({ bytesRead, tokens }) => bytesRead / tokens,
    also: llamaCpp?.run,
  });
  const { share, text, figures, peakRssBytes } = measured;
  const reached = {
    'the physical limit': share,
    'the resident model': figures.computeMs / figures.measuredMs,
    'llama.cpp, mapped': timesLlamaCpp(measured, llamaCpp),
  };
  const bar = { what: `decode, ${what}`, figures: '' };
  const bars: Bar[] = [
    {
      ...bar,
      against,
      reached: reached[against],
      least,
      goal,
      figures: [`${text} (${share.toFixed(2)} of it)`, ...(llamaCpp ? [llamaCpp.figures()] : [])].join('; '),
    },
  ];
  if (row.timesLlamaCpp)
    bars.push({
      ...bar,
      against: 'llama.cpp, mapped',
      reached: reached['llama.cpp, mapped'],
      ...row.timesLlamaCpp,
    });
  if (row.mebibytesRead)
    bars.push({
      what: `MiB read for a token, ${what}`,
      against: 'rows of tables alone',
      reached: figures.readBytes / 2 ** 20,
      ...row.mebibytesRead,
      isCost: true,
      figures: `${Math.round(figures.readBytes)} bytes`,
    });
  return { bars: [...bars, memoryBar(bench, what, memoryBytes, peakRssBytes)], figures };
}

/** No number if llama.cpp was killed. */
function timesLlamaCpp({ figures }: BesideLimit, llamaCpp: LlamaCppRuns | undefined): Bar['reached'] {
  const ms = llamaCpp?.msPerToken();
  return ms === undefined ? 'left out' : ms / figures.measuredMs;
}
