// The nesting of a rendering's evaluations and of its values.
import { overLimit } from './errors.ts';
import { templateLimits } from './limits.ts';
import type { Run } from './values.ts';

export type { FilterTable, Run } from './values.ts';

/** Counts one more evaluation in progress and a step of work. */
export function enter(run: Run): void {
  run.budget.work(1);
  if (++run.depth > templateLimits.nestedEvaluations) {
    throw overLimit('its parts are nested too deep', templateLimits.nestedEvaluations);
  }
}

/** @throws RondoError `BAD_TEMPLATE` for values nested too deep */
export function checkNesting(depth: number): void {
  if (depth > templateLimits.nestedValues) {
    throw overLimit('its lists and mappings are nested too deep', templateLimits.nestedValues);
  }
}
