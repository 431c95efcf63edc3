// Values as JSON, as Python's `json.dumps` writes them for the filter `tojson` of Transformers.
import { failed } from './errors.ts';
import { floatRepr } from './float-text.ts';
import { compare } from './compare.ts';
import { integerText } from './repr.ts';
import { checkNesting, type Run } from './run.ts';
import { createBuilder, piecesOf, text, type Text, type TextBuilder } from './text.ts';
import { isText, typeName, type Entry, type Value } from './values.ts';

/** The style of `json.dumps`. */
export interface JsonStyle {
  readonly ensureAscii: boolean;
  /** The text before each level; undefined: everything in one line. */
  readonly indent: Text | undefined;
  readonly itemSeparator: Text;
  readonly keySeparator: Text;
  readonly sortKeys: boolean;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

const escaped = (character: string): string =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

// The characters that JSON has to escape; control characters are among them.
// oxlint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f]/g;
const specialOrForeign = /["\\]|[^ -~]/g;

function addString(run: Run, of: Text, style: JsonStyle, builder: TextBuilder): void {
  run.budget.copy(of.value.length);
  run.budget.work(of.value.length / 8 + of.ranges.length);
  builder.add('"');
  const pattern = style.ensureAscii ? specialOrForeign : special;
  for (const { value, source } of piecesOf(of)) builder.add(value.replace(pattern, escaped), source);
  builder.add('"');
}

function floatJson(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

/** A key as a JSON string. */
function keyText(run: Run, key: Value): Text {
  if (isText(key)) return key;
  if (key === null) return text('null');
  if (typeof key === 'boolean') return text(String(key));
  if (typeof key === 'bigint') return text(integerText(run, key));
  if (typeof key === 'number') return text(floatJson(key));
  throw failed(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

/** The value as JSON. @throws RondoError `BAD_TEMPLATE` for values that JSON cannot express */
export function jsonOf(run: Run, value: Value, style: JsonStyle): Text {
  const builder = createBuilder();

  const newLine = (depth: number): void => {
    if (style.indent === undefined) return;
    run.budget.copy(1 + depth * style.indent.value.length);
    builder.add('\n');
    for (let i = 0; i < depth; i++) builder.addText(style.indent);
  };

  const separate = (isFirst: boolean, depth: number): void => {
    if (!isFirst) {
      run.budget.copy(style.itemSeparator.value.length);
      builder.addText(style.itemSeparator);
    }
    newLine(depth);
  };

  const addDict = (entries: readonly Entry[], depth: number): void => {
    builder.add('{');
    let isFirst = true;
    for (const { key, value: item } of entries) {
      separate(isFirst, depth + 1);
      isFirst = false;
      addString(run, keyText(run, key), style, builder);
      run.budget.copy(style.keySeparator.value.length);
      builder.addText(style.keySeparator);
      add(item, depth + 1);
    }
    if (!isFirst) newLine(depth);
    builder.add('}');
  };

  const add = (item: Value, depth: number): void => {
    checkNesting(depth);
    run.budget.copy(8);
    if (item === null) return builder.add('null');
    if (typeof item === 'boolean') return builder.add(String(item));
    if (typeof item === 'bigint') return builder.add(integerText(run, item));
    if (typeof item === 'number') return builder.add(floatJson(item));
    if (item.kind === 'text') return addString(run, item, style, builder);
    if (item.kind === 'list' || item.kind === 'tuple') {
      builder.add('[');
      for (const [index, each] of item.items.entries()) {
        separate(index === 0, depth + 1);
        add(each, depth + 1);
      }
      if (item.items.length > 0) newLine(depth);
      return builder.add(']');
    }
    if (item.kind === 'dict') {
      const entries = [...item.entries.values()];
      if (style.sortKeys) {
        run.budget.work(entries.length * Math.log2(entries.length + 1));
        entries.sort((a, b) => compare(run, a.key, b.key, '<'));
      }
      return addDict(entries, depth);
    }
    throw failed(`Object of type ${typeName(item)} is not JSON serializable`);
  };

  add(value, 0);
  return builder.finish();
}
