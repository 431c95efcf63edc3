// How much the fuzz tests try. The default is a number of inputs from a fixed seed, so that a run can be repeated and its
// outcome depends on no clock. RONDO_FUZZ_SECONDS fuzzes for longer; RONDO_FUZZ_SEED tries other inputs.

/** How much to try: a number of inputs besides the seeds, or a number of seconds. */
export type FuzzEffort = { readonly inputs: number } | { readonly seconds: number };

const secondsWanted = process.env['RONDO_FUZZ_SECONDS'];

/** The effort that the environment asks for: `RONDO_FUZZ_SECONDS`, or `inputs` inputs. */
export function fuzzEffort(inputs: number): FuzzEffort {
  return secondsWanted === undefined ? { inputs } : { seconds: Number(secondsWanted) };
}

/** Whether `RONDO_FUZZ_SECONDS` asks for a long run, which prints what it reached. */
export const isLongFuzz = secondsWanted !== undefined;

/** Milliseconds after which a fuzz test is certainly stuck. */
export const fuzzTimeoutMs = 300_000 + Number(secondsWanted ?? 0) * 1500;

/**
 * Numbers from 0 (included) up to 1 (excluded), from `RONDO_FUZZ_SEED` (default 1).
 * Source: the minimal standard generator of Park and Miller 1988, with the multiplier of 1993.
 */
export function fuzzRandom(seed = Number(process.env['RONDO_FUZZ_SEED'] ?? 1)): () => number {
  const modulus = 2 ** 31 - 1;
  let state = 1 + (Math.abs(Math.trunc(seed)) % (modulus - 1));
  return () => {
    state = (state * 48271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}
