// The types of filters, and helpers that filters share.
import type { Arguments } from '../arguments.ts';
import { itemOf } from '../attributes.ts';
import { failed } from '../errors.ts';
import { lower } from '../methods/text-case.ts';
import { strOf } from '../repr.ts';
import type { Run } from '../run.ts';
import type { Text } from '../text.ts';
import { asInteger, isText, isUndefined, typeName, type Named, type Value } from '../values.ts';

/** A filter with named parameters. */
export interface Filter {
  readonly parameters: readonly string[];
  /** The number of parameters without a default. */
  readonly required: number;
  apply(run: Run, value: Value, given: Arguments): Value;
}

/** A filter that takes any arguments. */
export interface OpenFilter {
  applyOpen(run: Run, value: Value, given: readonly Value[], named: Named): Value;
}

export const filter = (parameters: readonly string[], apply: Filter['apply'], required = 0): Filter => ({
  parameters,
  required,
  apply,
});

/** A value as a string, as `soft_str` of Jinja2: undefined values are empty. */
export const softText = (run: Run, value: Value): Text => strOf(run, value);

/** Looks up a path such as `address.city` or `0.name`, or an index. */
export type Getter = (run: Run, item: Value) => Value;

/** Finds an attribute of elements; without a path, returns the element itself. */
export function getterOf(path: Value | undefined, otherwise?: Value): Getter {
  if (path === undefined || path === null) return (_, item) => item;
  const integer = asInteger(path);
  const parts: Value[] = isText(path)
    ? path.value
        .split('.')
        .map((part): Value => (/^[0-9]+$/.test(part) ? BigInt(part) : { ...path, value: part, ranges: [] }))
    : integer !== undefined
      ? [integer]
      : [path];
  return (run, item) => {
    // A long path is charged by its parts for each element.
    run.budget.work(parts.length);
    let value = item;
    for (const part of parts) {
      value = itemOf(run, value, part);
      if (otherwise !== undefined && otherwise !== null && isUndefined(value)) value = otherwise;
    }
    return value;
  };
}

/** Finds several attributes of elements, separated by commas. */
export function gettersOf(paths: Value | undefined): Getter[] {
  if (!isText(paths)) return [getterOf(paths)];
  return paths.value.split(',').map((path) => getterOf({ ...paths, value: path, ranges: [] }));
}

/** Lower-cases texts; other values stay unchanged. */
export function foldCase(run: Run, value: Value): Value {
  return isText(value) ? lower(run, value) : value;
}

/** A text or number as the name of an attribute. */
export function nameOf(value: Value): string {
  if (isText(value)) return value.value;
  throw failed(`a name must be str, not ${typeName(value)}`);
}
