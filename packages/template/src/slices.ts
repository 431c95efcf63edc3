// Slices of strings, lists and ranges, as in Python.
import { countCharacters, isSingleUnit, unitIndex, unitsAt } from './characters.ts';
import { failed } from './errors.ts';
import type { Run } from './run.ts';
import { createBuilder, sliceText, text, type Text } from './text.ts';
import { asInteger, checkDefined, isText, typeName, type Value } from './values.ts';

/** Start, stop and step of a slice; undefined for a missing bound. */
export type SliceBounds = readonly [start: Value, stop: Value, step: Value];

function bound(value: Value): bigint | undefined {
  if (value === null) return undefined;
  const integer = asInteger(value);
  if (integer !== undefined) return integer;
  checkDefined(value);
  throw failed('slice indices must be integers or None');
}

const clamp = (value: bigint, low: bigint, high: bigint): number =>
  Number(value < low ? low : value > high ? high : value);

/** The indices of a slice, as Python's `slice.indices` gives them. */
export function sliceIndices(
  [from, to, by]: SliceBounds,
  count: number,
): { start: number; stop: number; step: number; length: number } {
  const length = BigInt(count);
  const given = bound(by) ?? 1n;
  if (given === 0n) throw failed('slice step cannot be zero');
  const step = clamp(given, -0x7fffffffn, 0x7fffffffn);
  const isForward = step > 0;
  const low = isForward ? 0n : -1n;
  const high = isForward ? length : length - 1n;
  const place = (value: bigint | undefined, otherwise: bigint): number => {
    if (value === undefined) return Number(otherwise);
    return clamp(value < 0n ? value + length : value, low, high);
  };
  const start = place(bound(from), isForward ? 0n : length - 1n);
  const stop = place(bound(to), isForward ? length : -1n);
  const size = Math.ceil((stop - start) / step);
  return { start, stop, step, length: Math.max(0, size) };
}

function sliceOfText(run: Run, of: Text, bounds: SliceBounds): Text {
  run.budget.scan(of.value.length);
  const { start, step, length } = sliceIndices(bounds, countCharacters(of.value));
  if (length === 0) return text('');
  if (step === 1) {
    const from = unitIndex(of.value, start);
    const to = isSingleUnit(of.value) ? from + length : unitIndex(of.value, start + length);
    run.budget.copy(to - from);
    return sliceText(of, from, to);
  }
  run.budget.copy(16 * length);
  const starts: number[] = [];
  for (let at = 0; at < of.value.length; at += unitsAt(of.value, at)) starts.push(at);
  const builder = createBuilder();
  for (let i = 0; i < length; i++) {
    const at = starts[start + i * step];
    builder.addSlice(of, at, at + unitsAt(of.value, at));
  }
  return builder.finish();
}

/** Python's `of[start:stop:step]`. @throws RondoError `BAD_TEMPLATE` for values without slices */
export function sliceOf(run: Run, of: Value, bounds: SliceBounds): Value {
  checkDefined(of);
  if (isText(of)) return sliceOfText(run, of, bounds);
  if (typeof of === 'object' && of !== null) {
    if (of.kind === 'list' || of.kind === 'tuple') {
      const { start, step, length } = sliceIndices(bounds, of.items.length);
      run.budget.collect(length);
      const items =
        step === 1
          ? of.items.slice(start, start + length)
          : Array.from({ length }, (_, i) => of.items[start + i * step]);
      return { kind: of.kind, items };
    }
    if (of.kind === 'range') {
      const { start, stop, step, length } = sliceIndices(bounds, of.length);
      return {
        kind: 'range',
        start: of.start + BigInt(start) * of.step,
        stop: of.start + BigInt(stop) * of.step,
        step: of.step * BigInt(step),
        length,
      };
    }
  }
  throw failed(`'${typeName(of)}' object has no slices`);
}
