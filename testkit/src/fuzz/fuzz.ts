// Coverage-guided fuzzing: inputs that reach new code, or end in a new way, are kept and changed further. It knows no
// format. Jazzer.js 4 would do it with finer feedback, but its binary needs a newer C library than Debian 12 has.
import { watchCoverage } from './covered.ts';
import { fuzzRandom, type FuzzEffort } from './effort.ts';
import { mutate } from './mutate.ts';

/** The target of the fuzzing, and for how long. */
export interface FuzzOptions {
  /** Tries an input. Resolves with a name for how it ended; rejects if that should never happen. */
  target(input: Uint8Array): Promise<string>;
  /** The inputs to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Files whose address contains this text guide the search. */
  readonly covers: string;
  readonly effort: FuzzEffort;
  /** The most bytes of an input. */
  readonly maxBytes: number;
  /** Numbers from 0 (included) to 1 (excluded). Default {@link fuzzRandom}. */
  readonly random?: (() => number) | undefined;
}

/** The result of the fuzzing. */
export interface FuzzResult {
  readonly executions: number;
  /** Characters of the watched files that ran. */
  readonly coveredCharacters: number;
  /** How inputs ended, and how many inputs ended so. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** The kept inputs: first seeds, then others, each of which added coverage or an outcome. */
  readonly corpus: readonly Uint8Array[];
  /** The first input that the target rejected; it also ended the run. */
  readonly finding?: { readonly input: Uint8Array; readonly error: unknown } | undefined;
}

/** Reading the coverage takes as long as about ten inputs, so it is read after several inputs. */
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

  /** Whether the input ended in a new way. */
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

  /** Keeps the inputs that, taken one after another, add something. */
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
    // Code that ran only because the batch ran as one counts as known from now on, too.
    covered.remember();
  }
  return { executions, coveredCharacters: coverage.characters, outcomes, corpus: kept, finding };
}
