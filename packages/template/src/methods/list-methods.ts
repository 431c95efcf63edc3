// Methods of lists, tuples and ranges. Python's sandbox forbids the methods that change a list.
import { bindPositions } from '../arguments.ts';
import { equals } from '../compare.ts';
import { failed } from '../errors.ts';
import { each } from '../iterate.ts';
import { callable, expectSize, list, type List, type Range, type Tuple, type Value } from '../values.ts';

/** The method with this name; undefined if there is none. */
export function listMethod(of: List | Tuple | Range, name: string): Value | undefined {
  switch (name) {
    case 'count':
      return callable(name, (run, given, named) => {
        const [wanted = null] = bindPositions(name, ['value'], 1, given, named);
        let count = 0n;
        for (const item of each(run, of)) if (equals(run, item, wanted)) count++;
        return count;
      });
    case 'index':
      return callable(name, (run, given, named) => {
        const parameters = of.kind === 'range' ? ['value'] : ['value', 'start', 'stop'];
        const [wanted = null, start, stop] = bindPositions(name, parameters, 1, given, named);
        const length = of.kind === 'range' ? of.length : of.items.length;
        const place = (value: Value | undefined, otherwise: number): number => {
          const at = value === undefined ? otherwise : expectSize(value, 'an index');
          return at < 0 ? at + length : at;
        };
        const from = place(start, 0);
        const to = place(stop, length);
        let index = 0;
        for (const item of each(run, of)) {
          if (index >= from && index < to && equals(run, item, wanted)) return BigInt(index);
          index++;
        }
        throw failed('the value is not in the list');
      });
    case 'copy':
      if (of.kind !== 'list') return undefined;
      return callable(name, (_, given, named) => {
        bindPositions(name, [], 0, given, named);
        return list(of.items);
      });
    default:
      return undefined;
  }
}
