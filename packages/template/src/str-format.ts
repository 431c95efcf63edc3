// Python's `str.format` and `str.format_map`.
// https://docs.python.org/3/library/string.html#format-string-syntax
import { failed } from './errors.ts';
import { formatValue } from './format-spec.ts';
import { hashOf } from './hash.ts';
import { asciiOf, reprOf, strOf } from './repr.ts';
import type { Run } from './run.ts';
import { createBuilder, sliceText, text, type Text } from './text.ts';
import type { Named, Value } from './values.ts';

/** Finds attributes and elements of values. */
export interface Lookup {
  attribute(run: Run, of: Value, name: string): Value;
  item(run: Run, of: Value, key: Value): Value;
}

/** The values for the fields of a format. */
export interface FormatArguments {
  readonly inOrder: readonly Value[];
  readonly named: Named | ReadonlyMap<string, { readonly value: Value }>;
  lookUp(name: Text): Value;
}

/** Arguments of a call. */
export function callArguments(inOrder: readonly Value[], named: Named): FormatArguments {
  return {
    inOrder,
    named,
    lookUp(name) {
      const value = named.get(name.value);
      if (value === undefined) throw failed(`the format has no argument '${name.value}'`);
      return value;
    },
  };
}

/** The entries of a mapping. */
export function mappingArguments(run: Run, of: Extract<Value, { kind: 'dict' }>): FormatArguments {
  return {
    inOrder: [],
    named: of.entries,
    lookUp(name) {
      const entry = of.entries.get(hashOf(run, name));
      if (entry === undefined) throw failed(`the mapping has no key '${name.value}'`);
      return entry.value;
    },
  };
}

/** The format with its fields filled in. @throws RondoError `BAD_TEMPLATE` if Python gives no value */
export function strFormat(run: Run, format: Text, given: FormatArguments, lookup: Lookup): Text {
  let automatic: number | undefined = 0;

  function fieldValue(name: Text): Value {
    const { value } = name;
    let end = 0;
    while (end < value.length && value[end] !== '.' && value[end] !== '[') end++;
    const first = value.slice(0, end);
    let result: Value;
    if (value === '' || /^[0-9]+$/.test(first)) {
      if (first === '') {
        if (automatic === undefined)
          throw failed('cannot switch from manual field numbers to automatic ones');
      } else if (automatic !== undefined && automatic > 0) {
        throw failed('cannot switch from automatic field numbers to manual ones');
      }
      const index = first === '' ? (automatic ?? 0) : Number(first);
      automatic = first === '' ? index + 1 : undefined;
      if (index >= given.inOrder.length) throw failed(`the format has no argument ${index}`);
      result = given.inOrder[index];
    } else result = given.lookUp(sliceText(name, 0, end));
    while (end < value.length) {
      if (value[end] === '.') {
        const start = ++end;
        while (end < value.length && value[end] !== '.' && value[end] !== '[') end++;
        if (start === end) throw failed('a format has an empty attribute');
        result = lookup.attribute(run, result, value.slice(start, end));
      } else if (value[end] === '[') {
        const close = value.indexOf(']', end);
        if (close < 0) throw failed("a format lacks ']'");
        const key = value.slice(end + 1, close);
        result = lookup.item(run, result, /^[0-9]+$/.test(key) ? BigInt(key) : text(key));
        end = close + 1;
      } else throw failed("only '.' or '[' may follow ']' in a format field");
    }
    return result;
  }

  function fill(of: Text, depth: number): Text {
    if (depth < 0) throw failed('a format is nested too deep');
    const source = of.value;
    run.budget.scan(source.length);
    const builder = createBuilder();
    let at = 0;
    while (at < source.length) {
      const brace = nextBrace(source, at);
      run.budget.copy(brace - at + 1);
      builder.addSlice(of, at, brace);
      at = brace;
      if (at >= source.length) break;
      if (source[at] === source[at + 1]) {
        builder.addSlice(of, at, at + 1);
        at += 2;
        continue;
      }
      if (source[at] === '}') throw failed("single '}' encountered in format string");
      const end = fieldEnd(source, at + 1);
      const written = field(sliceText(of, at + 1, end), depth);
      run.budget.copy(written.value.length);
      builder.addText(written);
      at = end + 1;
    }
    return builder.finish();
  }

  function field(of: Text, depth: number): Text {
    const { value } = of;
    let end = 0;
    while (end < value.length && value[end] !== '!' && value[end] !== ':') {
      if (value[end] === '[') while (end < value.length && value[end] !== ']') end++;
      end++;
    }
    let result = fieldValue(sliceText(of, 0, Math.min(end, value.length)));
    if (value[end] === '!') {
      const conversion = value.charAt(end + 1);
      if (conversion === 's') result = strOf(run, result);
      else if (conversion === 'r') result = reprOf(run, result);
      else if (conversion === 'a') result = asciiOf(run, result);
      else throw failed(`unknown conversion specifier '${conversion}'`);
      end += 2;
      if (end < value.length && value[end] !== ':') throw failed("expected ':' after conversion specifier");
    }
    const spec = end < value.length ? fill(sliceText(of, end + 1), depth - 1) : text('');
    return formatValue(run, result, spec);
  }

  return fill(format, 2);
}

function nextBrace(source: string, at: number): number {
  let end = at;
  while (end < source.length && source[end] !== '{' && source[end] !== '}') end++;
  return end;
}

function fieldEnd(source: string, at: number): number {
  let depth = 1;
  let end = at;
  for (; end < source.length; end++) {
    if (source[end] === '{') depth++;
    else if (source[end] === '}' && --depth === 0) return end;
    else if (source[end] === '[' && depth === 1) {
      const close = source.indexOf(']', end);
      if (close < 0) break;
      end = close;
    }
  }
  throw failed("expected '}' before end of string");
}
