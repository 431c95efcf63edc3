import { describe, expect, it } from 'vitest';
import {
  findBoolean,
  findInteger,
  findNumberArray,
  findString,
  getBoolean,
  getInteger,
  getNumber,
  getNumberArray,
  getString,
  getStringArray,
  type MetadataValue,
} from './index.ts';

const metadata = new Map<string, MetadataValue>([
  ['string', { type: 'string', value: 'llama' }],
  ['empty', { type: 'string', value: '' }],
  ['false', { type: 'bool', value: false }],
  ['zero', { type: 'u32', value: 0 }],
  ['half', { type: 'f32', value: 0.5 }],
  ['big', { type: 'u64', value: 2n ** 40n }],
  ['huge', { type: 'i64', value: 2n ** 60n }],
  ['strings', { type: 'array', of: 'string', value: ['a', 'b'] }],
  ['numbers', { type: 'array', of: 'i32', value: Int32Array.of(1, -2) }],
  ['bigs', { type: 'array', of: 'u64', value: BigUint64Array.of(1n, 2n ** 40n) }],
  ['huges', { type: 'array', of: 'u64', value: BigUint64Array.of(2n ** 60n) }],
]);
const gguf = { metadata };

describe('look-ups', () => {
  it('look-ups of metadata give values of the right type, including falsy values', () => {
    expect(getString(gguf, 'string')).toBe('llama');
    expect(getString(gguf, 'empty')).toBe('');
    expect(getBoolean(gguf, 'false')).toBe(false);
    expect(getInteger(gguf, 'zero')).toBe(0);
    expect(getNumber(gguf, 'half')).toBe(0.5);
    expect(getInteger(gguf, 'big')).toBe(2 ** 40);
    expect(getStringArray(gguf, 'strings')).toEqual(['a', 'b']);
    expect(getNumberArray(gguf, 'numbers')).toEqual(Int32Array.of(1, -2));
    expect(getNumberArray(gguf, 'bigs')).toEqual(Float64Array.of(1, 2 ** 40));
  });

  it('optional look-ups of metadata give undefined for a missing key', () => {
    expect(findString(gguf, 'none')).toBeUndefined();
    expect(findBoolean(gguf, 'none')).toBeUndefined();
    expect(findInteger(gguf, '__proto__')).toBeUndefined();
    expect(findNumberArray(gguf, 'none')).toBeUndefined();
  });

  it.each([
    [getString, 'zero', 'a string', 'u32 0'],
    [findString, 'strings', 'a string', 'an array of 2 string'],
    [getString, 'none', 'a string', 'nothing'],
    [getBoolean, 'zero', 'a boolean', 'u32 0'],
    [getNumber, 'string', 'a number', 'string llama'],
    [getNumber, 'numbers', 'a number', 'an array of 2 i32'],
    [getNumber, 'huge', 'a number', `i64 ${2n ** 60n}`],
    [getInteger, 'half', 'an integer', 'f32 0.5'],
    [getStringArray, 'numbers', 'an array of strings', 'an array of 2 i32'],
    [getNumberArray, 'strings', 'an array of numbers', 'an array of 2 string'],
    [getNumberArray, 'huges', 'an array of numbers', 'an array of 1 u64'],
    [findNumberArray, 'zero', 'an array of numbers', 'u32 0'],
  ] as const)('%o of "%s" says that it expected %s and found %s', (lookUp, key, expected, found) => {
    expect(() => lookUp(gguf, key)).toThrowError(
      expect.objectContaining({ code: 'BAD_CONFIG', details: { key, expected, found } }),
    );
  });
});
