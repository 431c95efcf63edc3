// The measured rows and the bars that were set before, by the names that `--only` takes.
import type { Bar } from '@rondo/bench-shared';
import { mebibytes, type Bench, type RowResult } from './bench.ts';
import { measureDecode, type DecodeRow } from './decode.ts';
import { measureFirstToken } from './first-token.ts';
import { measureLookup } from './lookup.ts';
import { fileBytes, type ModelChoice } from './models.ts';
import { measureSessions } from './sessions.ts';

/** A part of the benchmark, and its first bar. */
export interface Row extends Pick<Bar, 'what' | 'against' | 'least' | 'goal'> {
  readonly name: string;
  /** The synthetic model that it needs, if any. */
  readonly choice?: ModelChoice;
  /** @throws RondoError `UNSUPPORTED` if it cannot be measured here */
  measure(bench: Bench): Promise<RowResult>;
}

const GIB = 2 ** 30;
const PHYSICAL = { against: 'the physical limit', least: 0.8, goal: 0.95 } as const;

/** All rows. With `layers`, models are cut down to this number of layers, and their memory in proportion. */
export function rowsOf(layers?: number): readonly Row[] {
  const choice3b: ModelChoice = { shape: 'llama-3.2-3b', dtype: 'Q8_0', layers };
  const choice7b: ModelChoice = { shape: 'llama-2-7b', dtype: 'Q4_0', layers };
  const choice13b: ModelChoice = { shape: 'llama-2-13b', dtype: 'Q4_0', layers };
  const choiceMoe: ModelChoice = { shape: 'mixtral-8x7b', dtype: 'Q4_0', layers };
  const choice35b: ModelChoice = { shape: 'qwen3.6-35b-a3b', dtype: 'Q4_K', layers };
  const choiceGptOss: ModelChoice = { shape: 'gpt-oss-20b', dtype: 'MXFP4', layers };
  const choiceGemma26b: ModelChoice = { shape: 'gemma-4-26b-a4b', dtype: 'Q4_0', layers };
  const choiceE2b: ModelChoice = { shape: 'gemma-4-e2b', dtype: 'Q4_0', layers };
  const memoryOf = (choice: ModelChoice, bytes: number) =>
    Math.round((bytes * fileBytes(choice)) / fileBytes({ ...choice, layers: undefined }));

  /** The description of a row, for people. */
  const titled = (what: string, choice: ModelChoice, bytes: number) =>
    layers === undefined
      ? `${what} in ${bytes < GIB ? mebibytes(bytes) : `${bytes / GIB} GiB`}`
      : `${what}, ${layers} layers, in ${mebibytes(memoryOf(choice, bytes))}`;
  /** A model in the memory that it would have with all of its layers. */
  const within = (what: string, choice: ModelChoice, bytes: number) => ({
    what: titled(what, choice, bytes),
    choice,
    memoryBytes: memoryOf(choice, bytes),
  });

  function decode(name: string, row: DecodeRow): Row {
    return { ...row, name, what: `decode, ${row.what}`, measure: (bench) => measureDecode(bench, row) };
  }
  const in7b = (bytes: number) => within('7B Q4_0', choice7b, bytes);
  const alone = { ...PHYSICAL, withLlamaCpp: false };

  const firstToken = { ...in7b(2 * GIB), ...PHYSICAL, promptTokens: 256 };
  const sessions = { ...in7b(2 * GIB), against: 'one session', sessions: 4, least: 2.5, goal: 3.8 };
  const lookup = { repeating: { least: 1.5, goal: 2.5 }, other: { least: 0.97, goal: 1 } };

  return [
    decode('3b', {
      ...within('3.2B Q8_0', choice3b, 2 * GIB),
      withLlamaCpp: true,
      against: 'llama.cpp, mapped',
      least: 2.2,
      goal: 2.8,
    }),
    decode('7b', { ...in7b(2 * GIB), ...PHYSICAL, withLlamaCpp: true }),
    decode('7b-1gib', { ...in7b(GIB), ...alone }),
    decode('7b-512mib', { ...in7b(GIB / 2), ...alone }),
    { ...firstToken, name: 'first-token', measure: (bench) => measureFirstToken(bench, firstToken) },
    { ...sessions, name: 'sessions', measure: (bench) => measureSessions(bench, sessions) },
    {
      name: 'lookup',
      what: 'prompt lookup',
      against: 'without',
      ...lookup.repeating,
      measure: (bench) => measureLookup(bench, lookup),
    },
    decode('13b', { ...within('13B Q4_0', choice13b, 4 * GIB), ...alone }),
    decode('moe', { ...within('8x7B Q4_0', choiceMoe, 8 * GIB), ...alone }),
    decode('35b-a3b', {
      ...within('35B-A3B Q4_K', choice35b, 4 * GIB),
      ...PHYSICAL,
      withLlamaCpp: true,
      timesLlamaCpp: { least: 3, goal: 3 },
    }),
    decode('gpt-oss-20b', { ...within('gpt-oss-20b MXFP4', choiceGptOss, 4 * GIB), ...alone }),
    decode('gemma-4-26b', { ...within('Gemma 4 26B-A4B Q4_0', choiceGemma26b, 4 * GIB), ...alone }),
    decode('gemma-4-e2b', {
      ...within('Gemma 4 E2B Q4_0', choiceE2b, 1.75 * GIB),
      against: 'the resident model',
      withLlamaCpp: false,
      least: 0.95,
      goal: 1,
      mebibytesRead: { least: 1, goal: 1 },
    }),
  ];
}
