// The variable `loop` of a loop, as `LoopContext` of Jinja2.
import { equals } from '../compare.ts';
import { failed } from '../errors.ts';
import { iterate, tryLength } from '../iterate.ts';
import type { Run } from '../run.ts';
import { callable, tuple, undefinedValue, type Thing, type Value } from '../values.ts';

/** A running loop. */
export interface Loop {
  /** The remaining elements. */
  readonly elements: Iterator<Value, void, undefined>;
  readonly variable: Thing;
}

/** A loop over the elements of a value. If the loop is recursive, `recurse` renders it for other elements. */
export function createLoop(
  run: Run,
  over: Value,
  depth: bigint,
  recurse: ((elements: Value, depth: bigint) => Value) | undefined,
): Loop {
  let elements = iterate(run, over);
  const known = tryLength(run, over);
  let length: bigint | undefined = known;
  let index = -1;
  let before: Value | undefined;
  let current: Value | undefined;
  let after: Value | undefined;
  let lastChanged: Value | undefined;

  const pull = (): Value | undefined => {
    const next = elements.next();
    return next.done ? undefined : next.value;
  };
  // `null` is a value; `undefined` means the end.
  const peek = (): Value | undefined => {
    if (after === undefined) after = pull();
    return after;
  };

  /** The number of elements of an iterator is known only after all of them have come. */
  const measure = (): bigint => {
    if (length !== undefined) return length;
    const rest: Value[] = [];
    for (let next = pull(); next !== undefined; next = pull()) {
      run.budget.collect(1);
      rest.push(next);
    }
    elements = rest.values();
    length = BigInt(rest.length + index + 1) + (after === undefined ? 0n : 1n);
    return length;
  };

  const attribute = (name: string): Value | undefined => {
    switch (name) {
      case 'index':
        return BigInt(index + 1);
      case 'index0':
        return BigInt(index);
      case 'revindex':
        return measure() - BigInt(index);
      case 'revindex0':
        return measure() - BigInt(index + 1);
      case 'first':
        return index === 0;
      case 'last':
        return peek() === undefined;
      case 'length':
        return measure();
      case 'depth':
        return depth + 1n;
      case 'depth0':
        return depth;
      case 'previtem':
        return index === 0 ? undefinedValue('there is no previous item') : (before ?? null);
      case 'nextitem':
        return peek() === undefined ? undefinedValue('there is no next item') : peek();
      case 'cycle':
        return callable(name, (_, given) => {
          if (given.length === 0) throw failed('no items for cycling given');
          return given[index % given.length];
        });
      case 'changed':
        return callable(name, (_, given) => {
          const value = tuple(given);
          if (lastChanged !== undefined && equals(run, lastChanged, value)) return false;
          lastChanged = value;
          return true;
        });
      default:
        return undefined;
    }
  };

  return {
    elements: {
      next() {
        const value = after === undefined ? pull() : after;
        after = undefined;
        if (value === undefined) return { done: true, value };
        index++;
        before = current;
        current = value;
        return { done: false, value };
      },
    },
    variable: {
      kind: 'thing',
      get printed() {
        return `<LoopContext ${index + 1}/${measure()}>`;
      },
      attribute,
      length: measure,
      call(_, given) {
        if (recurse === undefined) {
          throw failed("The loop must have the 'recursive' marker to be called recursively.");
        }
        return recurse(given[0] ?? null, depth + 1n);
      },
    },
  };
}
