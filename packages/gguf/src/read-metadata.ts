// Parses metadata entries. Only the key `general.alignment` has a meaning here.
import { RondoError, shownName } from '@rondo/errors';
import type { Cursor } from './header-reader.ts';
import { costs } from './ledger.ts';
import {
  defaultAlignment,
  maxAlignment,
  maxArrayDepth,
  maxArrayElements,
  maxArrayStrings,
  maxKeyBytes,
  maxNestedArrays,
  minAlignment,
} from './limits.ts';
import type { MetadataArray, MetadataValue, NumericType } from './types.ts';
import { isNumericType, minimumBytes, numericArrays, valueTypeOf, type ValueType } from './value-types.ts';

/** The fewest bytes of an entry: a key of one character, and a value of one byte. */
export const minimumEntryBytes = 8 + 1 + 4 + 1;

/** A key with its value. */
export interface MetadataEntry {
  readonly key: string;
  readonly value: MetadataValue;
}

/**
 * Parses one entry.
 *
 * @throws RondoError `BAD_KEY` if the key is empty or too long, `BAD_TYPE`, `LIMIT`, `TRUNCATED`
 */
export function readMetadataEntry(cursor: Cursor): MetadataEntry {
  const offset = cursor.position;
  const key = cursor.string('a metadata key');
  const keyBytes = cursor.position - offset - 8;
  if (keyBytes === 0 || keyBytes > maxKeyBytes) {
    throw new RondoError(
      'BAD_KEY',
      `The metadata key at offset ${offset} has ${keyBytes} bytes; 1 to ${maxKeyBytes} are allowed. Convert the model again.`,
      { details: { offset, bytes: keyBytes } },
    );
  }
  cursor.charge(costs.entry, `"${shownName(key)}"`);
  return { key, value: readValue(cursor, readType(cursor, key), key) };
}

function readType(cursor: Cursor, key: string): ValueType {
  const offset = cursor.position;
  const id = cursor.u32(`the type of "${shownName(key)}"`);
  const type = valueTypeOf(id);
  if (type !== undefined) return type;
  throw new RondoError(
    'BAD_TYPE',
    `The metadata value "${shownName(key)}" has the unknown type ${id}. The file is damaged, or newer than this reader.`,
    { details: { key, type: id, offset } },
  );
}

function readValue(cursor: Cursor, type: ValueType, key: string): MetadataValue {
  switch (type) {
    case 'bool':
      return { type, value: toBoolean(cursor.u8(key), key) };
    case 'string':
      return { type, value: cursor.string(`"${shownName(key)}"`) };
    case 'array':
      return readArray(cursor, key, 1);
    case 'u64':
      return { type, value: cursor.u64(key) };
    case 'i64':
      return { type, value: cursor.i64(key) };
    default: {
      const [value = 0] = readNumbers(cursor, type, 1, key, false);
      return { type, value };
    }
  }
}

function readArray(cursor: Cursor, key: string, depth: number): MetadataArray {
  if (depth > maxArrayDepth) {
    throw new RondoError(
      'LIMIT',
      `The metadata value "${shownName(key)}" nests arrays more than ${maxArrayDepth} deep.`,
      {
        details: { key, most: maxArrayDepth, offset: cursor.position },
      },
    );
  }
  const of = readType(cursor, key);
  const count = cursor.checkedCount(
    cursor.u64(`the length of "${shownName(key)}"`),
    minimumBytes[of],
    of === 'array' ? maxNestedArrays : of === 'string' ? maxArrayStrings : maxArrayElements,
    `elements of "${shownName(key)}"`,
  );
  const isNested = depth > 1;
  // Empty arrays cost nothing: all of them share one object per type.
  if (isNested && count === 0) return emptyArrayOf(of);
  cursor.charge(
    costs.array + count * (isNumericType(of) ? minimumBytes[of] : costs.element),
    `"${shownName(key)}"`,
  );
  if (isNumericType(of))
    return { type: 'array', of, value: readNumbers(cursor, of, count, key, isNested) } as MetadataArray;
  if (of === 'bool') {
    const bytes = cursor.take(count, `"${shownName(key)}"`);
    return { type: 'array', of, value: Array.from(bytes, (byte) => toBoolean(byte, key)) };
  }
  if (of === 'string') {
    return { type: 'array', of, value: cursor.strings(count, `a string of "${shownName(key)}"`) };
  }
  const arrays: MetadataArray[] = [];
  for (let i = 0; i < count; i++) arrays.push(readArray(cursor, key, depth + 1));
  return { type: 'array', of, value: arrays };
}

/** A copy, because the view of `take` may begin at any address. JavaScript no longer runs on big-endian platforms. */
function readNumbers<T extends NumericType>(
  cursor: Cursor,
  type: T,
  count: number,
  key: string,
  isNested: boolean,
) {
  const bytes = cursor.take(count * minimumBytes[type], `"${shownName(key)}"`);
  const copy = isNested ? pooled(bytes.length) : new Uint8Array(bytes.length);
  copy.set(bytes);
  return new numericArrays[type](copy.buffer, copy.byteOffset, count);
}

const poolBytes = 4096;
let pool = new Uint8Array(0);

/**
 * Takes `bytes` bytes from a buffer that short arrays share. A separate buffer for an array of a few numbers would take ten
 * times the memory of the numbers.
 */
function pooled(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes > poolBytes / 8) return new Uint8Array(bytes);
  const aligned = Math.ceil(bytes / 8) * 8;
  if (aligned > pool.length) pool = new Uint8Array(poolBytes);
  const taken = pool.subarray(0, bytes);
  pool = pool.subarray(aligned);
  return taken;
}

const emptyArrays = new Map<ValueType, MetadataArray>();

function emptyArrayOf(of: ValueType): MetadataArray {
  let empty = emptyArrays.get(of);
  if (empty === undefined) {
    const value = isNumericType(of) ? new numericArrays[of](new ArrayBuffer(0)) : Object.freeze([]);
    empty = Object.freeze({ type: 'array', of, value }) as MetadataArray;
    emptyArrays.set(of, empty);
  }
  return empty;
}

function toBoolean(byte: number, key: string): boolean {
  if (byte <= 1) return byte === 1;
  throw new RondoError(
    'BAD_TYPE',
    `The metadata value "${shownName(key)}" is a boolean of ${byte}; only 0 and 1 are booleans.`,
    {
      details: { key, byte },
    },
  );
}

/**
 * The alignment of tensor data: `general.alignment`, or 32 if the key is absent.
 *
 * @throws RondoError `BAD_ALIGNMENT`
 */
export function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
  const entry = metadata.get('general.alignment');
  if (entry === undefined) return defaultAlignment;
  const { type, value } = entry;
  if (type === 'u32' && value >= minAlignment && value <= maxAlignment && (value & (value - 1)) === 0)
    return value;
  throw new RondoError(
    'BAD_ALIGNMENT',
    `general.alignment is ${type === 'array' ? 'an array' : `${type} ${String(value)}`}; it must be a u32 that is a power ` +
      `of two from ${minAlignment} to ${maxAlignment}. Convert the model again.`,
    { details: { type, value: type === 'array' ? undefined : value } },
  );
}
