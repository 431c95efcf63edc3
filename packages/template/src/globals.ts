// The functions that are defined in every template: Jinja2's and Transformers'.
import { bindArguments } from './arguments.ts';
import { failed, refused } from './errors.ts';
import { each } from './iterate.ts';
import { templateLimits } from './limits.ts';
import { fromKeys } from './methods/dict-methods.ts';
import { hashOf } from './hash.ts';
import { strOf } from './repr.ts';
import type { Run } from './run.ts';
import { strftime } from './strftime.ts';
import { derived, text } from './text.ts';
import {
  callable,
  checkDefined,
  expectInteger,
  expectText,
  isDict,
  type Entry,
  type Named,
  type Range,
  type Value,
} from './values.ts';

/** The place in Transformers where `dict` and `namespace` are defined; Python prints it for both. */
const transformers = 'transformers.utils.chat_template_utils._cached_compile_jinja_template.<locals>';

/** The range with these bounds. @throws RondoError `BAD_TEMPLATE` if it has too many integers */
export function rangeOf(start: bigint, stop: bigint, step: bigint): Range {
  if (step === 0n) throw failed('range() arg 3 must not be zero');
  const distance = step > 0n ? stop - start : start - stop;
  const size = step > 0n ? step : -step;
  const length = distance <= 0n ? 0n : (distance + size - 1n) / size;
  if (length > BigInt(templateLimits.rangeElements)) {
    throw failed(`Range too big. The sandbox blocks ranges larger than ${templateLimits.rangeElements}`);
  }
  return { kind: 'range', start, stop, step, length: Number(length) };
}

function range(_: Run, given: readonly Value[], named: Named): Value {
  const [first = null, stop, step = 1n] = bindArguments('range', ['start', 'stop', 'step'], 1, given, named);
  if (named.size > 0) throw failed('range() takes no keyword arguments');
  const from = expectInteger(first, 'an argument of range()');
  if (stop === undefined) return rangeOf(0n, from, 1n);
  return rangeOf(from, expectInteger(stop, 'an argument of range()'), expectInteger(step, 'a step'));
}

/** The entries of `dict(…)` and `namespace(…)`: first of a mapping or of pairs, then the named arguments. */
function entriesOf(run: Run, name: string, given: readonly Value[], named: Named): Map<string, Entry> {
  if (given.length > 1) throw failed(`${name} expected at most 1 argument, got ${given.length}`);
  const entries = new Map<string, Entry>();
  const [source] = given;
  if (source !== undefined) checkDefined(source);
  if (source !== undefined && isDict(source)) {
    run.budget.collect(4 * source.entries.size);
    for (const [hash, entry] of source.entries) entries.set(hash, entry);
  } else if (source !== undefined) {
    for (const pair of each(run, source)) {
      const parts = [...each(run, pair)];
      if (parts.length !== 2) throw failed(`${name} takes pairs of a key and a value`);
      const [key, value] = parts;
      run.budget.collect(4);
      entries.set(hashOf(run, key), { key, value });
    }
  }
  run.budget.collect(4 * named.size);
  for (const [key, value] of named) entries.set(`s${key}`, { key: text(key), value });
  return entries;
}

function namespace(run: Run, given: readonly Value[], named: Named): Value {
  const attributes = new Map<string, Value>();
  for (const { key, value } of entriesOf(run, 'namespace', given, named).values()) {
    const name = expectText(key, 'an attribute').value;
    if (name.startsWith('_')) throw failed('a namespace has no attributes that begin with "_"');
    attributes.set(name, value);
  }
  return { kind: 'namespace', attributes };
}

function cycler(_: Run, items: readonly Value[]): Value {
  if (items.length === 0) throw failed('at least one item has to be provided');
  let position = 0;
  return {
    kind: 'thing',
    printed: '<jinja2.utils.Cycler object>',
    attribute(name) {
      switch (name) {
        case 'current':
          return items[position];
        case 'next':
          return callable(name, () => {
            const value = items[position];
            position = (position + 1) % items.length;
            return value;
          });
        case 'reset':
          return callable(name, () => {
            position = 0;
            return null;
          });
        default:
          return undefined;
      }
    },
  };
}

function joiner(_: Run, given: readonly Value[], named: Named): Value {
  const [separator = text(', ')] = bindArguments('joiner', ['sep'], 0, given, named);
  let isUsed = false;
  return {
    kind: 'thing',
    printed: '<jinja2.utils.Joiner object>',
    attribute: () => undefined,
    call() {
      const value = isUsed ? separator : text('');
      isUsed = true;
      return value;
    },
  };
}

function raiseException(run: Run, given: readonly Value[], named: Named): Value {
  const [reason = null] = bindArguments('raise_exception', ['message'], 1, given, named);
  throw refused(strOf(run, reason).value.slice(0, 2000));
}

function strftimeNow(run: Run, given: readonly Value[], named: Named): Value {
  const [format = null] = bindArguments('strftime_now', ['format'], 1, given, named);
  const of = expectText(format, 'a format');
  // One code of a format writes up to 999 characters.
  run.budget.copy(256 * of.value.length);
  return derived(strftime(run.now(), of.value), [of]);
}

function dict(): Value {
  return {
    kind: 'thing',
    printed: `<${transformers}.TemplateDict object>`,
    attribute: (name) => (name === 'fromkeys' ? callable(name, fromKeys) : undefined),
    call: (run, given, named) => ({ kind: 'dict', entries: entriesOf(run, 'dict', given, named) }),
  };
}

/** All global names. */
export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', callable('range', range, '<function safe_range>')],
  ['dict', dict()],
  ['namespace', callable('namespace', namespace, `<class '${transformers}.TemplateNamespace'>`)],
  ['cycler', callable('cycler', cycler, "<class 'jinja2.utils.Cycler'>")],
  ['joiner', callable('joiner', joiner, "<class 'jinja2.utils.Joiner'>")],
  ['raise_exception', callable('raise_exception', raiseException)],
  ['strftime_now', callable('strftime_now', strftimeNow)],
]);
