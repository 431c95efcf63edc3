// Makes the layers that have a Mamba-2 in place of attention.
import type { RecurrentLayer } from '../architecture.ts';
import { statesOf, type Recurrence } from './recurrence.ts';

/** A layer with a Mamba-2. Its states are the windows of x, B and C, and the state of the scan. */
export function mambaLayer(mamba: Recurrence, feedForwardWidth: number): RecurrentLayer {
  const { ofHeads, ofGroups, matrices } = statesOf(mamba);
  return {
    kind: 'recurrent',
    states: [ofHeads, ofGroups, ofGroups, matrices],
    mamba,
    feedForwardWidth,
  };
}
