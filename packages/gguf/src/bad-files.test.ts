// Rows 1 to 37 of the list of bad inputs: each mistake in a file gets its own error, whatever else the file contains.
import { isRondoError, RondoError } from '@rondo/errors';
import { memory } from '@rondo/source';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteBuilder, type ByteBuilder } from './byte-builder.ts';
import { encodeGguf, readGguf } from './index.ts';
import { everySource, type EverySource } from './test-support/every-source.ts';

const max64 = 2n ** 64n - 1n;
const maxInt64 = 2n ** 63n - 1n;
const types = { u8: 0, u32: 4, bool: 7, string: 8, array: 9 };

interface Counts {
  readonly version?: number;
  readonly tensors?: number | bigint;
  readonly entries?: number | bigint;
}

function header(
  { version = 3, tensors = 0, entries = 0 }: Counts,
  rest?: (b: ByteBuilder) => void,
): Uint8Array {
  const b = byteBuilder();
  b.bytes(text('GGUF'));
  b.u32(version);
  b.u64(tensors);
  b.u64(entries);
  rest?.(b);
  return b.finish();
}

interface Tensor {
  readonly name?: string;
  /** In the order of the file: innermost first. */
  readonly dims?: readonly (number | bigint)[];
  readonly type?: number;
  readonly offset?: number | bigint;
}

/** A file with tensors and `dataBytes` bytes of data. A tensor is F32 `[8]` unless given otherwise. */
function withTensors(tensors: readonly Tensor[], dataBytes = 64): Uint8Array {
  return header({ tensors: tensors.length }, (b) => {
    for (const { name = 'w', dims = [8], type = 0, offset = 0 } of tensors) {
      b.string(name);
      b.u32(dims.length);
      for (const dim of dims) b.u64(dim);
      b.u32(type);
      b.u64(offset);
    }
    b.bytes(new Uint8Array((32 - (b.length % 32)) % 32));
    b.bytes(new Uint8Array(dataBytes));
  });
}

/** A file with one metadata entry of type `type`, whose value `write` appends. */
function withEntry(key: string, type: number, write: (b: ByteBuilder) => void): Uint8Array {
  return header({ entries: 1 }, (b) => {
    b.string(key);
    b.u32(type);
    write(b);
  });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

let sources: EverySource;
beforeAll(async () => {
  sources = await everySource();
});
afterAll(() => sources.close());

/** The error that reading these bytes ends with; it must be the same for every kind of source. */
async function failureOf(bytes: Uint8Array): Promise<RondoError> {
  let first: RondoError | undefined;
  await sources.each(bytes, async (source, kind) => {
    const error: unknown = await readGguf(source).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!isRondoError(error)) throw new Error(`expected a RondoError from ${kind}, got ${String(error)}`);
    first ??= error;
    expect({ code: error.code, message: error.message }, kind).toEqual({
      code: first.code,
      message: first.message,
    });
  });
  if (!first) throw new Error('There is no source.');
  return first;
}

async function expectCode(bytes: Uint8Array, code: string, message?: RegExp): Promise<void> {
  const error = await failureOf(bytes);
  expect(error.code, error.message).toBe(code);
  if (message) expect(error.message).toMatch(message);
}

describe('not a model', () => {
  it('#1 0 bytes', () => expectCode(new Uint8Array(0), 'TRUNCATED', /0 bytes/));

  it('#2 the 4 bytes GGUF', () => expectCode(text('GGUF'), 'TRUNCATED', /version/));

  it('#3 truncation at every byte of the header', async () => {
    const file = await encodeGguf({
      metadata: [
        ['general.name', { type: 'string', value: 'whole' }],
        ['a.number', { type: 'u64', value: 7n }],
        ['a.flag', { type: 'bool', value: true }],
        ['tokens', { type: 'array', of: 'string', value: ['<s>', '▁a', ''] }],
        ['scores', { type: 'array', of: 'f32', value: Float32Array.of(1, 2) }],
        ['nested', { type: 'array', of: 'array', value: [{ type: 'array', of: 'bool', value: [true] }] }],
      ],
      tensors: [
        { name: 'a.weight', dtype: 'F32', shape: [2, 3], data: new Uint8Array(24) },
        { name: 'b.weight', dtype: 'Q8_0', shape: [2, 32], data: new Uint8Array(68) },
      ],
    });
    const { dataOffset } = await readGguf(memory(file));
    let headerBytes = dataOffset;
    for (let length = 0; length < file.length - 28; length++) {
      const { code } = await failureOf(file.subarray(0, length));
      // Once the whole header is present, only the data is missing, which is another error.
      if (code === 'BAD_OFFSET') headerBytes = Math.min(headerBytes, length);
      else expect([length, code]).toEqual([length, 'TRUNCATED']);
    }
    expect(dataOffset - headerBytes).toBeLessThan(32);
    await readGguf(memory(file.subarray(0, file.length - 28)));
  });

  it.each([
    ['a web page', '<!DOCTYPE html><html><body>404</body></html>', /web page/],
    ['a web page that begins with space', '\n  <HTML>', /web page/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00', /Git LFS/],
    ['JSON', '{"error":"Invalid token"}', /JSON/],
    ['a safetensors file', '\u0040\0\0\0\0\0\0\0{"__metadata__":{}}', /safetensors/],
    ['a PyTorch checkpoint', 'PK\u0003\u0004....', /PyTorch/],
    ['an old GGML file', 'tjgg\u0003\0\0\0', /GGML/],
    ['swapped magic', 'FUGG\0\0\0\u0003', /swapped/],
    ['a letter', 'x', /does not begin/],
  ])('#4 %s', (_, content, message) => expectCode(text(content), 'BAD_MAGIC', message));
});

describe('versions', () => {
  it.each([
    ['#5', 0],
    ['#6', 1],
    ['#7', 4],
  ])('%s version %i', (_, version) =>
    expectCode(header({ version }), 'UNSUPPORTED_VERSION', RegExp(`${version}`)),
  );

  it('#8 byte-swapped', () =>
    expectCode(header({ version: 0x0300_0000 }), 'UNSUPPORTED_VERSION', /big-endian/));
});

describe('counts that lie', () => {
  const rows = [
    ['#9 2^64-1', max64],
    ['#10 2^53+1', 2n ** 53n + 1n],
    ['#11 more than the bytes of the file', 100_000],
    ['#11 more than is accepted', 2 ** 19],
  ] as const;
  it.each(rows)('%s metadata entries', (_, entries) =>
    expectCode(header({ entries }), 'LIMIT', /metadata entries/),
  );
  it.each(rows)('%s tensors', (_, tensors) => expectCode(header({ tensors }), 'LIMIT', /tensors/));

  it('#11 more than the rest of the file could hold', () =>
    expectCode(
      header({ entries: 10 }, (b) => b.bytes(new Uint8Array(100))),
      'TRUNCATED',
      /10 metadata entries/,
    ));

  it.each([
    ['#12 2^64-1', max64],
    ['#13 over the cap', 2 ** 24 + 1],
    ['#14 past the end of the file', 1000],
  ])('%s bytes in a string', async (_, length) => {
    await expectCode(
      header({ entries: 1 }, (b) => (b.u64(length), b.bytes(new Uint8Array(16)))),
      'LIMIT',
    );
    await expectCode(
      withEntry('k', types.string, (b) => (b.u64(length), b.u64(0))),
      'LIMIT',
      /"k"/,
    );
    await expectCode(
      header({ tensors: 1 }, (b) => (b.u64(length), b.bytes(new Uint8Array(32)))),
      'LIMIT',
    );
  });

  it('#13 a string over the cap that is really there', () =>
    expectCode(
      withEntry('k', types.string, (b) => b.string('x'.repeat(2 ** 24 + 1))),
      'LIMIT',
    ));

  it('#20 an array count past the end', async () => {
    for (const [of, count] of [
      [types.u8, max64],
      [types.string, 2n ** 53n],
      [types.array, 100_000],
      [types.u32, 1000],
    ] as const) {
      await expectCode(
        withEntry('k', types.array, (b) => (b.u32(of), b.u64(count), b.u64(0))),
        'LIMIT',
        /"k"/,
      );
    }
    await expectCode(
      withEntry('k', types.array, (b) => (b.u32(types.u32), b.u64(3), b.u64(0))),
      'TRUNCATED',
      /"k"/,
    );
  });
});

describe('keys and values', () => {
  it('#15 an empty key', () =>
    expectCode(
      withEntry('', types.u32, (b) => b.u32(1)),
      'BAD_KEY',
    ));

  it('#15 a key that is too long', () =>
    expectCode(
      withEntry('k'.repeat(65_536), types.u32, (b) => b.u32(1)),
      'BAD_KEY',
    ));

  it('#16 a key twice', () =>
    expectCode(
      header({ entries: 2 }, (b) => {
        for (let i = 0; i < 2; i++) {
          b.string('twice');
          b.u32(types.u32);
          b.u32(i);
        }
      }),
      'BAD_KEY',
      /"twice"/,
    ));

  it('#17 __proto__ and constructor are keys like others', async () => {
    const keys = ['__proto__', 'constructor', 'toString'];
    const file = await encodeGguf({
      metadata: keys.map((key) => [key, { type: 'u32', value: 1 }]),
      tensors: [],
    });
    const gguf = await readGguf(memory(file));
    expect([...gguf.metadata.keys()]).toEqual(keys);
    expect(Object.prototype).not.toHaveProperty('value');
  });

  it('#18 an unknown value type', async () => {
    await expectCode(
      withEntry('k', 13, (b) => b.u64(0)),
      'BAD_TYPE',
      /"k".*13/,
    );
    await expectCode(
      withEntry('k', types.array, (b) => (b.u32(99), b.u64(0))),
      'BAD_TYPE',
      /"k".*99/,
    );
  });

  it('#18 a boolean that is neither 0 nor 1', () =>
    expectCode(
      withEntry('k', types.bool, (b) => b.bytes(Uint8Array.of(2))),
      'BAD_TYPE',
      /"k"/,
    ));

  it('#19 arrays nested too deep', () =>
    expectCode(
      withEntry('k', types.array, (b) => {
        for (let i = 0; i < 100; i++) {
          b.u32(types.array);
          b.u64(1);
        }
      }),
      'LIMIT',
      /deep/,
    ));

  it.each([
    ['#21 0', 0],
    ['#22 13', 13],
    ['#22 4', 4],
    ['#23 2^30', 2 ** 30],
    ['#23 2^31', 2 ** 31],
  ])('%s as alignment', (_, alignment) =>
    expectCode(
      withEntry('general.alignment', types.u32, (b) => b.u32(alignment)),
      'BAD_ALIGNMENT',
    ),
  );

  it('#23 an alignment that is no u32', async () => {
    await expectCode(
      withEntry('general.alignment', 10, (b) => b.u64(32)),
      'BAD_ALIGNMENT',
    );
    await expectCode(
      withEntry('general.alignment', types.string, (b) => b.string('32')),
      'BAD_ALIGNMENT',
    );
  });
});

describe('tensors', () => {
  const q4_0 = 2;
  it.each([
    ['#24 5 dimensions', [{ dims: [1, 1, 1, 1, 1] }], 'BAD_SHAPE'],
    ['#25 a name of 64 bytes', [{ name: 'n'.repeat(64) }], 'BAD_NAME'],
    ['#25 a name of 64 bytes in 32 characters', [{ name: 'ñ'.repeat(32) }], 'BAD_NAME'],
    ['#26 a name twice', [{ name: 'n' }, { name: 'n', offset: 32 }], 'BAD_NAME'],
    ['#27 a negative dimension', [{ dims: [8, -1n] }], 'BAD_SHAPE'],
    ['#27 two negative dimensions', [{ dims: [-2n, -4n] }], 'BAD_SHAPE'],
    ['#28 INT64_MAX', [{ dims: [maxInt64] }], 'BAD_SHAPE'],
    ['#29 (INT64_MAX, 2)', [{ dims: [maxInt64, 2] }], 'BAD_SHAPE'],
    ['#29 sizes whose product wraps to a small number', [{ dims: [2n ** 32n, 2n ** 32n] }], 'BAD_SHAPE'],
    ['#29 a size in bytes that is above 2^53', [{ dims: [2n ** 52n] }], 'BAD_SHAPE'],
    ['#30 a row that is no multiple of its block', [{ dims: [48, 2], type: q4_0 }], 'BAD_SHAPE'],
    ['#32 an unaligned offset', [{ offset: 4 }], 'BAD_OFFSET'],
    [
      '#33 overlapping tensors',
      [
        { name: 'a', dims: [9] },
        { name: 'b', offset: 32, dims: [1] },
      ],
      'BAD_OFFSET',
    ],
    ['#33 the same data twice', [{ name: 'a' }, { name: 'b' }], 'BAD_OFFSET'],
    ['#34 an offset past the end', [{ offset: 64 }], 'BAD_OFFSET'],
    ['#35 an end past the end', [{ offset: 32, dims: [9] }], 'BAD_OFFSET'],
    ['#36 an offset that wraps', [{ offset: max64 - 31n }], 'BAD_OFFSET'],
    ['#37 an unknown quantization type', [{ type: 4 }], 'BAD_TYPE'],
    ['#37 a quantization type far away', [{ type: 0xffff_ffff }], 'BAD_TYPE'],
  ] as const)('%s', async (_, tensors, code) => {
    const error = await failureOf(withTensors(tensors));
    expect(error.code, error.message).toBe(code);
    expect(error.details).toHaveProperty('name');
  });

  it('#24 2^32-1 dimensions', () =>
    expectCode(
      header({ tensors: 1 }, (b) => (b.string('w'), b.u32(2 ** 32 - 1), b.bytes(new Uint8Array(64)))),
      'BAD_SHAPE',
    ));

  it('#25 a name of 63 bytes is allowed', async () => {
    const gguf = await readGguf(memory(withTensors([{ name: 'n'.repeat(63) }])));
    expect(gguf.tensors.size).toBe(1);
  });

  it('#31 a zero dimension parses, wherever its data is said to be', async () => {
    const gguf = await readGguf(memory(withTensors([{ name: 'none', dims: [32, 0] }, { name: 'w' }])));
    expect(gguf.tensors.get('none')).toMatchObject({ shape: [0, 32], bytes: 0 });
    const far = await readGguf(memory(withTensors([{ dims: [0], offset: max64 - 31n }])));
    expect(far.tensors.get('w')?.offset).toBe(far.dataOffset);
  });

  it('#36 padding behind the last tensor may be missing', async () => {
    const file = withTensors([{ dims: [7] }], 28);
    expect((await readGguf(memory(file))).tensors.get('w')?.bytes).toBe(28);
    await expectCode(file.subarray(0, -1), 'BAD_OFFSET', /cut off/);
  });
});

describe('every error', () => {
  it('every error of the reader is a RondoError, whichever byte of a good file is changed', async () => {
    const file = await encodeGguf({
      metadata: [
        ['name', { type: 'string', value: 'whole' }],
        ['tokens', { type: 'array', of: 'string', value: ['<s>', 'a'] }],
        ['scores', { type: 'array', of: 'f32', value: Float32Array.of(1, 2) }],
      ],
      tensors: [{ name: 'b', dtype: 'Q8_0', shape: [2, 32], data: new Uint8Array(68) }],
    });
    for (let i = 0; i < file.length; i++) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = file.slice();
        changed[i] = (changed[i] ?? 0) ^ change;
        const error: unknown = await readGguf(memory(changed)).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(RondoError);
      }
    }
  });
});
