// All filters, by name.
import { bindArguments } from '../arguments.ts';
import { failed } from '../errors.ts';
import type { FilterTable, Run } from '../run.ts';
import type { Named, Value } from '../values.ts';
import { collectionFilters } from './collection-filters.ts';
import type { Filter, OpenFilter } from './filter.ts';
import { numberFilters } from './number-filters.ts';
import { textFilters } from './text-filters.ts';
import { openFilters, valueFilters } from './value-filters.ts';

const filters: ReadonlyMap<string, Filter | OpenFilter> = new Map<string, Filter | OpenFilter>(
  Object.entries({ ...collectionFilters, ...numberFilters, ...textFilters, ...valueFilters, ...openFilters }),
);

/** The value of `value | name(given)`. @throws RondoError `BAD_TEMPLATE` if Python gives no value */
export function applyFilter(
  run: Run,
  name: string,
  value: Value,
  given: readonly Value[],
  named: Named,
): Value {
  const filter = filters.get(name);
  if (filter === undefined) throw failed(`No filter named '${name}'`);
  if ('applyOpen' in filter) return filter.applyOpen(run, value, given, named);
  return filter.apply(run, value, bindArguments(name, filter.parameters, filter.required, given, named));
}

export const filterTable: FilterTable = { has: (name) => filters.has(name), apply: applyFilter };
