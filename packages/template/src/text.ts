// A string of a template with a record of which characters came from data. All operations on strings keep the record, so
// a rendering distinguishes text of the template from text of the messages.
import type { Budget } from './budget.ts';
import { overLimit } from './errors.ts';
import { templateLimits } from './limits.ts';

/** Stretches of data, in ascending order: start, end and source, start, end and source, … in UTF-16 units. */
export type Ranges = readonly number[];

/** A string. */
export interface Text {
  readonly kind: 'text';
  readonly value: string;
  readonly ranges: Ranges;
  /** Whether it already counts as HTML: text added to it is escaped. */
  readonly isMarkup?: true | undefined;
}

const none: Ranges = [];

/** A string that the template wrote. */
export const text = (value: string): Text => ({ kind: 'text', value, ranges: none });

/** A string of data, from the source with that number. */
export const dataText = (value: string, source: number): Text => ({
  kind: 'text',
  value,
  ranges: value === '' ? none : [0, value.length, source],
});

/** A stretch of a text with one origin. */
export interface Piece {
  readonly value: string;
  /** Undefined if the template wrote it. */
  readonly source: number | undefined;
}

/** The stretches of a text, in order. */
export function piecesOf({ value, ranges }: Text): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (let i = 0; i < ranges.length; i += 3) {
    const start = ranges[i] ?? 0;
    const end = ranges[i + 1] ?? 0;
    if (start > at) pieces.push({ value: value.slice(at, start), source: undefined });
    pieces.push({ value: value.slice(start, end), source: ranges[i + 2] });
    at = end;
  }
  if (at < value.length) pieces.push({ value: value.slice(at), source: undefined });
  return pieces;
}

/** The first source among texts; undefined if the template wrote all of them. */
export function sourceAmong(texts: readonly (Text | undefined)[]): number | undefined {
  return texts.find((each) => each !== undefined && each.ranges.length > 0)?.ranges[2];
}

/** A text made from other texts in a way that is not tracked: if one of them contains data, the whole result is data. */
export function derived(value: string, from: readonly (Text | undefined)[]): Text {
  const source = sourceAmong(from);
  return source === undefined ? text(value) : dataText(value, source);
}

/** The text with each stretch replaced. `change` must not depend on the text around a stretch. */
export function mapPieces(of: Text, change: (value: string) => string): Text {
  if (of.ranges.length === 0) return text(change(of.value));
  const builder = createBuilder();
  for (const { value, source } of piecesOf(of)) builder.add(change(value), source);
  return builder.finish();
}

/** Index in `ranges` of the first range that ends after `position`. */
function firstRangeAfter(ranges: Ranges, position: number): number {
  let low = 0;
  let high = ranges.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[3 * middle + 1] ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return 3 * low;
}

/** The characters from `start` to before `end`, in UTF-16 units. */
export function sliceText(of: Text, start: number, end = of.value.length): Text {
  if (start <= 0 && end >= of.value.length) return of;
  const value = of.value.slice(start, end);
  const { ranges } = of;
  if (ranges.length === 0 || value === '') return text(value);
  const cut: number[] = [];
  for (let i = firstRangeAfter(ranges, start); i < ranges.length; i += 3) {
    const from = ranges[i] ?? 0;
    if (from >= end) break;
    cut.push(Math.max(from, start) - start, Math.min(ranges[i + 1] ?? 0, end) - start, ranges[i + 2] ?? 0);
  }
  return { kind: 'text', value, ranges: cut.length === 0 ? none : cut };
}

/** Joins texts. */
export interface TextBuilder {
  /** Adds characters; without a source, the template wrote them. */
  add(value: string, source?: number): void;
  addText(added: Text): void;
  /** Adds the characters of a text from `start` to before `end`, in UTF-16 units. */
  addSlice(of: Text, start: number, end: number): void;
  readonly length: number;
  finish(): Text;
}

/** An empty builder. */
export function createBuilder(): TextBuilder {
  let value = '';
  let ranges: number[] | undefined;
  const addRange = (start: number, end: number, source: number): void => {
    if (end <= start) return;
    ranges ??= [];
    const last = ranges.length - 3;
    if (last >= 0 && ranges[last + 1] === start && ranges[last + 2] === source) ranges[last + 1] = end;
    else ranges.push(start, end, source);
  };
  return {
    add(added, source) {
      if (source !== undefined) addRange(value.length, value.length + added.length, source);
      value += added;
    },
    addText(added) {
      const offset = value.length;
      value += added.value;
      const from = added.ranges;
      if (offset === 0 && from.length > 0) ranges = from.slice();
      else
        for (let i = 0; i < from.length; i += 3) {
          addRange(offset + (from[i] ?? 0), offset + (from[i + 1] ?? 0), from[i + 2] ?? 0);
        }
    },
    addSlice(of, start, end) {
      if (of.ranges.length === 0) value += of.value.slice(start, end);
      else this.addText(sliceText(of, start, end));
    },
    get length() {
      return value.length;
    },
    finish: () => ({ kind: 'text', value, ranges: ranges ?? none }),
  };
}

/** Charges a text's stretches of data, which reading and copying cost besides its characters. */
export function chargeCopy(budget: Budget, of: Text): void {
  budget.copy(of.value.length + 8 * of.ranges.length);
}

/**
 * Charges the joining of texts. JavaScript does not copy the characters of the longest text, so a text that a template
 * extends piece by piece costs only its pieces.
 *
 * @throws RondoError `BAD_TEMPLATE` for a text with too many characters
 */
export function chargeConcat(budget: Budget, texts: readonly Text[]): void {
  let all = 0;
  let longest = 0;
  let ranges = 0;
  for (const {
    value,
    ranges: { length },
  } of texts) {
    all += value.length;
    longest = Math.max(longest, value.length);
    ranges += length;
  }
  if (all > templateLimits.textCharacters) {
    throw overLimit(`a text of ${all} characters`, templateLimits.textCharacters);
  }
  budget.copy(all - longest + 16);
  budget.work(ranges / 64);
}

/** Two texts joined. */
export function concatTexts(budget: Budget, left: Text, right: Text): Text {
  if (left.value === '') return right;
  if (right.value === '') return left;
  chargeConcat(budget, [left, right]);
  if (left.ranges.length === 0 && right.ranges.length === 0) return text(left.value + right.value);
  const builder = createBuilder();
  builder.addText(left);
  builder.addText(right);
  return builder.finish();
}
