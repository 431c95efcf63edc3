// The common part of the soak programs.
import type { Model } from '@rondo/model';

/** The time and the random numbers of a program. */
export interface Soak {
  /** Whether the program's time is over. */
  over(): boolean;
  /** A number from 0 to below 1, from the seed of the run. */
  random(): number;
}

/**
 * Tries until the time is over. @returns a line about what was tried @throws Error if something happened that must never
 * happen
 */
export type SoakProgram = (soak: Soak) => Promise<string>;

/** Ends the soak with an error message unless `condition` holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** The ids of a greedy continuation. */
export async function greedyIds(
  model: Model,
  prompt: string,
  maxTokens: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(prompt, { maxTokens, temperature: 0, signal }))
    if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}
