// Coverage-guided fuzzing: inputs that reach new code, or end in a new way, are kept and changed further. Knows no format.
// Jazzer.js 4 would do it with finer feedback, but its binary needs a C library newer than Debian 12 has.
import { watchCoverage } from './covered.ts';
import { fuzzRandom, type FuzzEffort } from './effort.ts';
import { mutate } from './mutate.ts';

/** What to fuzz, and for how long. */
export interface FuzzOptions {
  /** Tries an input. Resolves with a name for how it ended; rejects where that should never happen. */
  target(input: Uint8Array): Promise<string>;
  /** Inputs to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Files whose address contains this guide the search. */
  readonly covers: string;
  readonly effort: FuzzEffort;
  /** Inputs get no longer than this. */
  readonly maxBytes: number;
  /** Numbers from 0 (included) up to 1 (excluded). Default {@link fuzzRandom}. */
  readonly random?: (() => number) | undefined;
}

/** What came of it. */
export interface FuzzResult {
  readonly executions: number;
  /** Characters of the watched files that ran. */
  readonly coveredCharacters: number;
  /** How inputs ended, and how many did so. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** The inputs that were kept: those of the seeds, then others, that each added something to what was before. */
  readonly corpus: readonly Uint8Array[];
  /** The first input that the target rejected, which also ended the run. */
  readonly finding?: { readonly input: Uint8Array; readonly error: unknown } | undefined;
}

/** Looking at the coverage takes as long as some ten inputs, so it is looked at after several. */
const batchInputs = 32;

export { fuzzEffort, fuzzRandom, fuzzTimeoutMs, isLongFuzz, type FuzzEffort } from './effort.ts';

/** Fuzzes until the effort is spent or something is found. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { target, seeds, covers, effort, maxBytes, random = fuzzRandom() } = options;
  const end = 'seconds' in effort ? performance.now() + effort.seconds * 1000 : Infinity;
  const outcomes = new Map<string, number>();
  const kept: Uint8Array[] = [];
  let executions = 0;
  let finding: FuzzResult['finding'];

  /** Whether the input ended as none before. */
  async function attempt(input: Uint8Array): Promise<boolean> {
    executions += 1;
    try {
      const outcome = await target(input);
      const count = outcomes.get(outcome) ?? 0;
      outcomes.set(outcome, count + 1);
      return count === 0;
    } catch (error) {
      finding ??= { input, error };
      return false;
    }
  }

  const coverage = watchCoverage(covers);

  /** Keeps those that, taken one after the other, add something. */
  async function sift(inputs: Iterable<Uint8Array>): Promise<Uint8Array[]> {
    const useful: Uint8Array[] = [];
    for (const input of inputs) {
      coverage.look();
      const endedAnew = await attempt(input);
      const covered = coverage.look();
      if (endedAnew || covered.isNew) useful.push(input);
      covered.remember();
    }
    return useful;
  }

  kept.push(...(await sift(seeds)));
  const lastExecution = 'inputs' in effort ? executions + effort.inputs : Infinity;
  while (finding === undefined && executions < lastExecution && performance.now() < end) {
    const batch = Array.from({ length: batchInputs }, () => mutate(kept, maxBytes, random));
    const endedAnew: Uint8Array[] = [];
    for (const input of batch) if (await attempt(input)) endedAnew.push(input);
    const covered = coverage.look();
    kept.push(...new Set([...endedAnew, ...(covered.isNew ? await sift(batch) : [])]));
    // What only ran because the batch was one is known from now on too.
    covered.remember();
  }
  return { executions, coveredCharacters: coverage.characters, outcomes, corpus: kept, finding };
}
