// Values as text, as Python's `str` and `repr`.
import { failed } from './errors.ts';
import { floatRepr } from './float-text.ts';
import { checkNesting, type Run } from './run.ts';
import { createBuilder, mapPieces, piecesOf, text, type Text, type TextBuilder } from './text.ts';
import type { Entry, Value } from './values.ts';

/** The most digits of an integer that Python writes. */
const integerDigits = 4300;
const largeInteger = 1n << 256n;

export function integerText(run: Run, value: bigint): string {
  if (value > largeInteger || value < -largeInteger) {
    // Long division: the work grows with the square of the size.
    run.budget.work((value.toString(16).length / 8) ** 2 / 64);
  }
  const digits = value.toString();
  if (digits.length > integerDigits + (value < 0n ? 1 : 0)) {
    throw failed(`an integer of more than ${integerDigits} digits cannot be written`);
  }
  return digits;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
// The characters that `str.isprintable` denies, except the plain space.
const unprintable = /[\p{C}\p{Z}]/u;
// A character that may have to be escaped; plain characters are skipped quickly.
const suspicious = /[^ -&(-[\]-~]/gu;

function escapeCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  if (character in escapes) return escapes[character] ?? character;
  return unprintable.test(character) ? codeEscape(character) : character;
}

/** `\xe9`, `\u20ac`, `\U0001f642`. */
function codeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

/** Python's `ascii`: the `repr`, in which all other characters are escaped too. */
export function asciiOf(run: Run, value: Value): Text {
  const whole = reprOf(run, value);
  // One character becomes an escape of up to ten characters.
  run.budget.copy(10 * whole.value.length);
  return mapPieces(whole, (piece) => piece.replace(/[^ -~]/gu, codeEscape));
}

function addTextRepr(run: Run, of: Text, builder: TextBuilder): void {
  run.budget.work(of.value.length / 4 + of.ranges.length);
  if (of.isMarkup === true) builder.add('Markup(');
  const quote = of.value.includes("'") && !of.value.includes('"') ? '"' : "'";
  builder.add(quote);
  for (const { value, source } of piecesOf(of)) {
    builder.add(
      value.replace(suspicious, (character) => escapeCharacter(character, quote)),
      source,
    );
  }
  builder.add(of.isMarkup === true ? `${quote})` : quote);
}

function addItems(
  run: Run,
  items: Iterable<Value>,
  brackets: readonly [string, string],
  builder: TextBuilder,
  depth: number,
): void {
  builder.add(brackets[0]);
  let isFirst = true;
  for (const item of items) {
    if (!isFirst) builder.add(', ');
    isFirst = false;
    addRepr(run, item, builder, depth + 1);
  }
  builder.add(brackets[1]);
}

function addEntries(run: Run, entries: Iterable<Entry>, builder: TextBuilder, depth: number): void {
  builder.add('{');
  let isFirst = true;
  for (const { key, value } of entries) {
    if (!isFirst) builder.add(', ');
    isFirst = false;
    addRepr(run, key, builder, depth + 1);
    builder.add(': ');
    addRepr(run, value, builder, depth + 1);
  }
  builder.add('}');
}

function addRepr(run: Run, value: Value, builder: TextBuilder, depth: number): void {
  checkNesting(depth);
  run.budget.copy(8);
  if (value === null) return builder.add('None');
  switch (typeof value) {
    case 'boolean':
      return builder.add(value ? 'True' : 'False');
    case 'bigint':
      return builder.add(integerText(run, value));
    case 'number':
      return builder.add(floatRepr(value));
    default:
  }
  switch (value.kind) {
    case 'text':
      run.budget.copy(value.value.length);
      return addTextRepr(run, value, builder);
    case 'list':
      return addItems(run, value.items, ['[', ']'], builder, depth);
    case 'tuple':
      return addItems(run, value.items, ['(', value.items.length === 1 ? ',)' : ')'], builder, depth);
    case 'dict':
      return addEntries(run, value.entries.values(), builder, depth);
    case 'undefined':
      return builder.add('Undefined');
    case 'namespace':
      builder.add('<Namespace ');
      addEntries(run, namespaceEntries(value.attributes), builder, depth);
      return builder.add('>');
    case 'range':
      return builder.add(`range(${value.start}, ${value.stop}${value.step === 1n ? '' : `, ${value.step}`})`);
    case 'stream':
      return builder.add(`<${value.name} object>`);
    case 'view':
      return addView(run, value, builder, depth);
    default:
      return builder.add(value.printed);
  }
}

function namespaceEntries(attributes: ReadonlyMap<string, Value>): Entry[] {
  return [...attributes].map(([name, value]) => ({ key: text(name), value }));
}

function addView(
  run: Run,
  view: Extract<Value, { kind: 'view' }>,
  builder: TextBuilder,
  depth: number,
): void {
  const entries = [...view.of.entries.values()];
  const items = entries.map(({ key, value }): Value => {
    if (view.part === 'items') return { kind: 'tuple', items: [key, value] };
    return view.part === 'keys' ? key : value;
  });
  addItems(run, items, [`dict_${view.part}([`, '])'], builder, depth);
}

/** Python's `repr(value)`. */
export function reprOf(run: Run, value: Value): Text {
  const builder = createBuilder();
  addRepr(run, value, builder, 0);
  return builder.finish();
}

/** Python's `str(value)`. */
export function strOf(run: Run, value: Value): Text {
  if (typeof value === 'object' && value !== null) {
    if (value.kind === 'text') return value;
    if (value.kind === 'undefined') return text('');
  } else if (typeof value === 'bigint') return text(integerText(run, value));
  return reprOf(run, value);
}
