import * as fc from 'fast-check';
import { dtypes, layoutOf } from '@rondo/tensor';
import { memory } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { encodeGguf, readGguf, writeGguf, type MetadataArray, type MetadataValue } from './index.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const bits64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const numericArray: fc.Arbitrary<MetadataArray> = fc.oneof(
  fc.uint8Array().map((value) => ({ type: 'array', of: 'u8', value }) as const),
  fc.int8Array().map((value) => ({ type: 'array', of: 'i8', value }) as const),
  fc.uint16Array().map((value) => ({ type: 'array', of: 'u16', value }) as const),
  fc.int16Array().map((value) => ({ type: 'array', of: 'i16', value }) as const),
  fc.uint32Array().map((value) => ({ type: 'array', of: 'u32', value }) as const),
  fc.int32Array().map((value) => ({ type: 'array', of: 'i32', value }) as const),
  fc.bigUint64Array().map((value) => ({ type: 'array', of: 'u64', value }) as const),
  fc.bigInt64Array().map((value) => ({ type: 'array', of: 'i64', value }) as const),
  fc.float32Array().map((value) => ({ type: 'array', of: 'f32', value }) as const),
  fc.float64Array().map((value) => ({ type: 'array', of: 'f64', value }) as const),
);
const flatArray: fc.Arbitrary<MetadataArray> = fc.oneof(
  numericArray,
  fc.array(fc.boolean()).map((value) => ({ type: 'array', of: 'bool', value }) as const),
  fc.array(text).map((value) => ({ type: 'array', of: 'string', value }) as const),
);
const nest = (inner: fc.Arbitrary<MetadataArray>): fc.Arbitrary<MetadataArray> =>
  fc.array(inner, { maxLength: 3 }).map((value) => ({ type: 'array', of: 'array', value }));

const metadataValue: fc.Arbitrary<MetadataValue> = fc.oneof(
  fc.integer({ min: 0, max: 0xff }).map((value) => ({ type: 'u8', value }) as const),
  fc.integer({ min: -0x80, max: 0x7f }).map((value) => ({ type: 'i8', value }) as const),
  fc.integer({ min: 0, max: 0xffff }).map((value) => ({ type: 'u16', value }) as const),
  fc.integer({ min: -0x8000, max: 0x7fff }).map((value) => ({ type: 'i16', value }) as const),
  fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => ({ type: 'u32', value }) as const),
  fc.integer().map((value) => ({ type: 'i32', value }) as const),
  fc.float().map((value) => ({ type: 'f32', value }) as const),
  fc.double().map((value) => ({ type: 'f64', value }) as const),
  bits64.map((value) => ({ type: 'u64', value }) as const),
  bits64.map((value) => ({ type: 'i64', value: BigInt.asIntN(64, value) }) as const),
  fc.boolean().map((value) => ({ type: 'bool', value }) as const),
  text.map((value) => ({ type: 'string', value }) as const),
  flatArray,
  nest(flatArray),
  nest(nest(nest(flatArray))),
);

const entries = fc.uniqueArray(
  fc.tuple(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((key) => key !== 'general.alignment'),
    metadataValue,
  ),
  { selector: ([key]) => key, maxLength: 12 },
);

const tensor = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 15 }),
    dtype: fc.constantFrom(...dtypes),
    blocks: fc.integer({ min: 0, max: 3 }),
    outer: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    isScalar: fc.boolean(),
  })
  .map(({ name, dtype, blocks, outer, isScalar }) => {
    const { blockElements, blockBytes } = layoutOf(dtype);
    const shape = isScalar && blockElements === 1 ? [] : [...outer, blocks * blockElements];
    const bytes = (shape.reduce((a, b) => a * b, 1) / blockElements) * blockBytes;
    const data = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + bytes) & 0xff);
    return { name, dtype, shape, data };
  });
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
const alignment = fc.option(fc.constantFrom(8, 32, 64, 4096), { nil: undefined });

describe('what is written', () => {
  it('a written GGUF file reads back as the same metadata, tensors and data', async () => {
    await fc.assert(
      fc.asyncProperty(entries, tensors, alignment, async (metadata, tensors, alignment) => {
        const bytes = await encodeGguf({ metadata, tensors, alignment });
        const gguf = await readGguf(memory(bytes));
        const written = new Map(metadata);
        if (alignment !== undefined) written.set('general.alignment', { type: 'u32', value: alignment });
        expect([...gguf.metadata]).toEqual([...written]);
        expect(gguf).toMatchObject({ version: 3, alignment: alignment ?? 32, sizeBytes: bytes.length });
        expect([...gguf.tensors.keys()]).toEqual(tensors.map(({ name }) => name));
        for (const { name, dtype, shape, data } of tensors) {
          const info = gguf.tensors.get(name);
          expect(info).toMatchObject({ name, dtype, shape, bytes: data.length });
          const offset = info?.offset ?? NaN;
          expect(offset % gguf.alignment).toBe(0);
          expect(bytes.subarray(offset, offset + data.length)).toEqual(data);
        }
        // In a little-endian file, version 2 differs only in its number.
        bytes[4] = 2;
        expect(await readGguf(memory(bytes))).toEqual({ ...gguf, version: 2 });
      }),
    );
  });

  it('a written GGUF file is the same whether tensor data comes whole or in pieces', async () => {
    const data = Uint8Array.from({ length: 340 }, (_, i) => i & 0xff);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < data.length; i += 7) yield data.subarray(i, i + 7);
    }
    const tensor = { name: 'w', dtype: 'Q8_0', shape: [10, 32] } as const;
    const whole = await encodeGguf({ metadata: [], tensors: [{ ...tensor, data }] });
    expect(await encodeGguf({ metadata: [], tensors: [{ ...tensor, data: pieces }] })).toEqual(whole);
  });
});

describe('the writer refuses', () => {
  const tensor = { name: 'w', dtype: 'F32', shape: [2], data: new Uint8Array(8) } as const;
  const u32 = { type: 'u32', value: 1 } as const;
  it.each([
    [
      'a key twice',
      {
        metadata: [
          ['k', u32],
          ['k', u32],
        ],
        tensors: [],
      },
      'BAD_KEY',
    ],
    ['an empty key', { metadata: [['', u32]], tensors: [] }, 'BAD_KEY'],
    [
      'a number outside its type',
      { metadata: [['k', { type: 'u8', value: 256 }]], tensors: [] },
      'BAD_ARGUMENT',
    ],
    [
      'a fraction as integer',
      { metadata: [['k', { type: 'i32', value: 0.5 }]], tensors: [] },
      'BAD_ARGUMENT',
    ],
    ['a negative u64', { metadata: [['k', { type: 'u64', value: -1n }]], tensors: [] }, 'BAD_ARGUMENT'],
    [
      'half a surrogate pair',
      { metadata: [['k', { type: 'string', value: '\ud800' }]], tensors: [] },
      'BAD_ARGUMENT',
    ],
    ['an alignment of 13', { metadata: [], tensors: [], alignment: 13 }, 'BAD_ALIGNMENT'],
    [
      'two alignments',
      { metadata: [['general.alignment', { type: 'u32', value: 64 }]], tensors: [], alignment: 32 },
      'BAD_ARGUMENT',
    ],
    ['a tensor name twice', { metadata: [], tensors: [tensor, tensor] }, 'BAD_NAME'],
    ['a long tensor name', { metadata: [], tensors: [{ ...tensor, name: 'n'.repeat(64) }] }, 'BAD_NAME'],
    ['a fraction of a row', { metadata: [], tensors: [{ ...tensor, shape: [1.5] }] }, 'BAD_SHAPE'],
    ['half a block', { metadata: [], tensors: [{ ...tensor, dtype: 'Q4_0', shape: [16] }] }, 'BAD_SHAPE'],
    ['too little data', { metadata: [], tensors: [{ ...tensor, shape: [3] }] }, 'BAD_ARGUMENT'],
    ['too much data', { metadata: [], tensors: [{ ...tensor, shape: [1] }] }, 'BAD_ARGUMENT'],
  ] as const)('%s', async (_, gguf, code) => {
    const written = (async () => {
      for await (const piece of writeGguf(gguf)) expect(piece.length).toBeGreaterThan(0);
    })();
    await expect(written).rejects.toMatchObject({ code });
  });

  it('the GGUF writer refuses endless tensor data as soon as there is too much', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(3);
      } finally {
        ended = true;
      }
    }
    const written = encodeGguf({ metadata: [], tensors: [{ ...tensor, data: endless }] });
    await expect(written).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('more than 8'),
    });
    expect(ended).toBe(true);
  });
});
