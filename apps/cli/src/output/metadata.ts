// Metadata values for people and as JSON. Arrays show only their beginning, because a vocabulary has a hundred thousand
// entries.
import type { MetadataArray, MetadataValue } from '@rondo/gguf';
import { count } from './numbers.ts';

/** Elements of an array that are shown. */
const SHOWN_ELEMENTS = 8;
/** Characters of a text that are shown to people; chat templates are pages long. */
const SHOWN_CHARACTERS = 100;

/** The form of a value in `inspect --json`: `{ type, value }`, or for an array its length and first elements. */
export type MetadataJson =
  | { readonly type: string; readonly value: unknown }
  | {
      readonly type: 'array';
      readonly of: string;
      readonly length: number;
      readonly first: readonly unknown[];
    };

/** A value as JSON; integers and floats that JSON cannot express become texts. */
export function metadataJson(value: MetadataValue): MetadataJson {
  if (value.type !== 'array') return { type: value.type, value: jsonValue(value.value) };
  return { type: 'array', of: value.of, length: value.value.length, first: firstOf(value).map(jsonValue) };
}

/** A value on one line. */
export function metadataText(value: MetadataValue): string {
  if (value.type !== 'array') return scalarText(value.value);
  const { length } = value.value;
  const first = firstOf(value).map((element) => scalarText(element));
  if (value.of !== 'array' && length <= SHOWN_ELEMENTS) return `[${first.join(', ')}]`;
  const beginning = value.of === 'array' ? '' : `: ${first.join(', ')}, …`;
  return `${count(length)} × ${value.of}${beginning}`;
}

function firstOf(array: MetadataArray): unknown[] {
  return Array.from<unknown>(array.value.slice(0, SHOWN_ELEMENTS));
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  // An array within an array.
  if (typeof value === 'object' && value !== null) return metadataJson(value as MetadataArray);
  return value;
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARACTERS;
    const shown = JSON.stringify(cut ? value.slice(0, SHOWN_CHARACTERS) : value);
    return cut ? `${shown} … (${count(value.length)} characters)` : shown;
  }
  // Single precision has seven digits: 0.000009999999747378752 is 0.00001.
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  return String(value);
}
