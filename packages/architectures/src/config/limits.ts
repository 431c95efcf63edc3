// The largest numbers that a configuration may have, and the error for a number out of its range.
import { RondoError } from '@rondo/errors';

/** Limits that are larger than the numbers of any model, but small enough that nothing overflows. */
export const LIMITS = {
  layers: 4096,
  width: 1 << 20,
  heads: 1 << 14,
  feedForwardWidth: 1 << 22,
  experts: 1 << 12,
  contextLength: 1 << 28,
  /** Limit of the positions that a causal convolution sees. */
  convolutionWindow: 64,
  vocabularySize: 1 << 24,
  /** Limit of scales, factors and rotary bases. */
  number: 1e12,
};

/**
 * Refuses a number of the metadata.
 *
 * @throws RondoError `BAD_CONFIG` naming the key
 */
export function fail(key: string, found: unknown, expected: string): never {
  throw new RondoError(
    'BAD_CONFIG',
    `The model's metadata says ${key} = ${String(found)}; it must be ${expected}.`,
    {
      details: { key, found, expected },
    },
  );
}
