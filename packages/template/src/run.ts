// What a rendering has at hand: its budget, its clock, and how deep it is in itself.
import type { Budget } from './budget.ts';
import { overLimit } from './errors.ts';
import { templateLimits } from './limits.ts';
import type { Named, Value } from './values.ts';

/** The filters, for what applies or asks for filters by name. */
export interface FilterTable {
  has(name: string): boolean;
  apply(run: Run, name: string, value: Value, given: readonly Value[], named: Named): Value;
}

/** One rendering under way. */
export interface Run {
  readonly budget: Budget;
  readonly filters: FilterTable;
  /** The time that `strftime_now` tells. */
  readonly now: () => Date;
  /** Numbers from 0 up to 1, for the filter `random`. */
  readonly random: () => number;
  /** Sources of data of which an operation took away everything that is no white space. */
  readonly emptied: Set<number>;
  /** Evaluations under way. */
  depth: number;
}

/** Counts one more evaluation under way and a step of work. */
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
