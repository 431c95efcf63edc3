// Reads the numbers of the Mamba-2 that some layers have in place of attention.
import type { Mamba, RecurrentLayer } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';

/**
 * The Mamba-2 of a model, the same for all layers that have one.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function readMamba(keys: Metadata): Mamba {
  const heads = keys.integer('ssm.time_step_rank', { most: LIMITS.heads });
  const groups = keys.integer('ssm.group_count', { most: LIMITS.heads });
  const stateSize = keys.integer('ssm.state_size', { most: LIMITS.width });
  const inner = keys.integer('ssm.inner_size', { most: LIMITS.width });
  const window = keys.integer('ssm.conv_kernel', { least: 2, most: LIMITS.convolutionWindow });
  if (heads % groups !== 0)
    fail(`${keys.name}.ssm.group_count`, groups, `a divisor of ${keys.name}.ssm.time_step_rank, ${heads}`);
  if (inner % heads !== 0)
    fail(`${keys.name}.ssm.inner_size`, inner, `a multiple of ${keys.name}.ssm.time_step_rank, ${heads}`);
  return { heads, headSize: inner / heads, groups, stateSize, window };
}

/** A layer with a Mamba-2. Its states are the windows of x, B and C, and the state of the scan. */
export function mambaLayer(mamba: Mamba, feedForwardWidth: number): RecurrentLayer {
  const { heads, headSize, groups, stateSize, window } = mamba;
  const past = window - 1;
  const ofGroups = past * groups * stateSize;
  return {
    kind: 'recurrent',
    states: [past * heads * headSize, ofGroups, ofGroups, heads * headSize * stateSize],
    mamba,
    feedForwardWidth,
  };
}
