// The common means of measuring all rows.
import type { Bar } from '@rondo/bench-shared';
import type { DiskSpeed } from './disk-speed.ts';
import { openInProcess, type EngineProcess } from './engine-process.ts';
import type { EngineName, EngineOptions } from './engine.ts';
import type { MemoryLimits } from './memory-limit.ts';
import type { BenchModel, ModelChoice } from './models.ts';

/** How everything is measured. */
export interface Bench {
  readonly threads: number;
  /** The number of counted rounds; one uncounted round comes first. */
  readonly rounds: number;
  readonly newTokens: number;
  /** The means of limiting the memory of processes; undefined if there is none. */
  readonly limits: MemoryLimits | undefined;
  /** Peak RSS of Node with Rondo and its threads, without a model. */
  readonly runtimeBytes: number;
  /** The model of a choice. @throws RondoError `UNSUPPORTED` if there is no room for it */
  model(choice: ModelChoice): Promise<BenchModel>;
}

/** The figures of a row besides its bars: the parts of its physical limit. */
export interface RowFigures {
  readonly what: string;
  /** The measured times of a pass. */
  readonly measuredMs: number;
  readonly limitMs: number;
  readonly computeMs: number;
  /** Bytes that do not fit, and bytes that were read. */
  readonly missingBytes: number;
  readonly readBytes: number;
  readonly disk: DiskSpeed;
}

/** The result of measuring a row. */
export interface RowResult {
  readonly bars: readonly Bar[];
  readonly figures?: RowFigures | undefined;
}

/** The most memory that a process may take, as a share of its budget. */
const MOST_OF_BUDGET = 1.05;

/** Opens an engine that has `memoryBytes` besides the bare runtime; the limit is enforced if possible. */
export async function openLimited(
  bench: Bench,
  engine: EngineName,
  options: Omit<EngineOptions, 'threads'>,
  memoryBytes: number,
): Promise<EngineProcess> {
  await using undo = new AsyncDisposableStack();
  const limit = await bench.limits?.create(memoryBytes + bench.runtimeBytes);
  undo.use(limit);
  const all = { ...options, memoryBytes, threads: bench.threads };
  const process = undo.use(await openInProcess(engine, all, limit));
  const both = undo.move();
  return { ...process, [Symbol.asyncDispose]: () => both.disposeAsync() };
}

/** Does all steps in turns, so that other work of the machine affects all of them alike; the first round does not count. */
export async function inTurns(
  rounds: number,
  steps: readonly ((counts: boolean) => Promise<void>)[],
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const step of steps) await step(round > 0);
  }
}

/** Whether the process kept to its budget. */
export function memoryBar(
  { runtimeBytes }: Bench,
  what: string,
  budgetBytes: number,
  peakRssBytes: number,
): Bar {
  const usedBytes = peakRssBytes - runtimeBytes;
  return {
    what: `peak RSS, ${what}`,
    against: 'the budget',
    reached: usedBytes / budgetBytes,
    least: MOST_OF_BUDGET,
    goal: 1,
    isCost: true,
    figures: `${mebibytes(peakRssBytes)} less ${mebibytes(runtimeBytes)} of the bare runtime, of ${mebibytes(budgetBytes)}`,
  };
}

/** For people. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
