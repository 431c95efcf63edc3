// Stable sorting, charged by the number of comparisons.
import { compare } from '../compare.ts';
import type { Run } from '../run.ts';
import type { Value } from '../values.ts';

/** The elements in the order of their keys, as Python's `sorted`. @throws RondoError if keys have no order */
export function sortBy(
  run: Run,
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  isReverse: boolean,
): Value[] {
  run.budget.collect(2 * items.length);
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  // Equal elements keep their order, even if the order is reversed.
  keyed.sort((a, b) => {
    run.budget.work(2);
    const order = compare(run, a.key, b.key, '<');
    return isReverse ? -order : order;
  });
  return keyed.map(({ item }) => item);
}
