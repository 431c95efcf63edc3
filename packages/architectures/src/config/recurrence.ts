// Reads the numbers of a recurrence with a matrix of state for each head: a gated delta net, or a Mamba-2.
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';

/** The numbers that all such recurrences have. */
export interface Recurrence {
  readonly heads: number;
  /** Number of values in a head's input, and in its result. */
  readonly headSize: number;
  /** Number of groups of heads. The heads of a group share the vectors of `stateSize` values. */
  readonly groups: number;
  /** Number of values that the state has for each value of a head. */
  readonly stateSize: number;
  /** Number of positions that the convolutions before the recurrence see. */
  readonly window: number;
}

/** @throws RondoError `BAD_CONFIG` */
export function readRecurrence(keys: Metadata): Recurrence {
  const groups = keys.integer('ssm.group_count', { most: LIMITS.heads });
  const heads = keys.integer('ssm.time_step_rank', { most: LIMITS.heads });
  const stateSize = keys.integer('ssm.state_size', { most: LIMITS.width });
  const inner = keys.integer('ssm.inner_size', { most: LIMITS.width });
  const window = keys.integer('ssm.conv_kernel', { least: 2, most: LIMITS.convolutionWindow });
  if (heads % groups !== 0)
    fail(`${keys.name}.ssm.group_count`, groups, `a divisor of ${keys.name}.ssm.time_step_rank, ${heads}`);
  if (inner % heads !== 0)
    fail(`${keys.name}.ssm.inner_size`, inner, `a multiple of ${keys.name}.ssm.time_step_rank, ${heads}`);
  return { heads, headSize: inner / heads, groups, stateSize, window };
}

/** Numbers of values of the states: the windows of the three convolutions, and the matrices of all heads. */
export function statesOf({ heads, headSize, groups, stateSize, window }: Recurrence): {
  readonly ofHeads: number;
  readonly ofGroups: number;
  readonly matrices: number;
} {
  const past = window - 1;
  return {
    ofHeads: past * heads * headSize,
    ofGroups: past * groups * stateSize,
    matrices: heads * headSize * stateSize,
  };
}
