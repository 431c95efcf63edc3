import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

it('rondo inspect shows version, metadata with long arrays abbreviated, tensors, and totals by type', async () => {
  const { code, stdout, stderr } = await rondoHere(['inspect', 'demo']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^demo: GGUF version 3, 6\.69 MiB/);
  expect(stdout).toMatch(/^ {2}general\.architecture +"llama"$/m);
  expect(stdout).toMatch(/^ {2}tokenizer\.ggml\.tokens +1,024 × string: "!", .*, …$/m);
  expect(stdout).toMatch(/^ {2}general\.languages +\["en"\]$/m);
  expect(stdout).toMatch(/^ {2}blk\.7\.ffn_up\.weight +Q8_0 +\[768, 256\] +204 KiB$/m);
  expect(stdout).toMatch(/^ {2}Q8_0 +57 tensors +6,553,600 values +6\.64 MiB$/m);
  expect(stdout).toMatch(/^ {2}all +74 tensors +6,557,952 values +6\.66 MiB$/m);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(200);
});

it('rondo inspect --json has the same facts, for programs', async () => {
  const { stdout } = await rondoHere(['inspect', 'demo', '--json']);
  const { metadata, tensors, totals, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  expect(rest).toEqual({ version: 3, sizeBytes: 7_012_544, alignment: 32, dataOffsetBytes: 31_936 });
  expect(metadata).toMatchObject({
    'llama.block_count': { type: 'u32', value: 8 },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', length: 1024, first: expect.any(Array) },
  });
  expect(tensors).toHaveLength(74);
  expect(tensors).toContainEqual({
    name: 'token_embd.weight',
    dtype: 'Q8_0',
    shape: [1024, 256],
    offsetBytes: expect.any(Number),
    bytes: 278_528,
  });
  expect(totals).toEqual([
    { dtype: 'Q8_0', tensors: 57, elements: 6_553_600, bytes: 6_963_200 },
    { dtype: 'F32', tensors: 17, elements: 4352, bytes: 17_408 },
  ]);
});

it('rondo inspect keeps values that JSON cannot express, and lets no file control the terminal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-inspect-'));
  try {
    const path = join(folder, 'odd.gguf');
    const escape = '\u001b[31m\u009b31m';
    const metadata: [string, MetadataValue][] = [
      ['__proto__', { type: 'u32', value: 1 }],
      ['large', { type: 'u64', value: 2n ** 64n - 1n }],
      ['infinite', { type: 'f32', value: Infinity }],
      [`key${escape}`, { type: 'string', value: escape }],
      [
        'nested',
        { type: 'array', of: 'array', value: [{ type: 'array', of: 'u8', value: new Uint8Array(20) }] },
      ],
    ];
    await writeFile(path, await encodeGguf({ metadata, tensors: [] }));
    const json = await rondoHere(['inspect', path, '--json']);
    const { metadata: shown } = JSON.parse(json.stdout) as { metadata: Record<string, unknown> };
    expect(Object.keys(shown)).toContain('__proto__');
    expect(shown).toMatchObject({
      large: { type: 'u64', value: '18446744073709551615' },
      infinite: { value: 'Infinity' },
      nested: { length: 1, first: [{ of: 'u8', length: 20, first: [0, 0, 0, 0, 0, 0, 0, 0] }] },
    });
    const { stdout } = await rondoHere(['inspect', path]);
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout).toContain('18446744073709551615');
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a file that means ill', () => {
  const text = (value: string) => ({ type: 'string', value }) as const;

  async function inspected(metadata: readonly (readonly [string, MetadataValue])[], ...args: string[]) {
    const folder = await mkdtemp(join(tmpdir(), 'rondo-inspect-'));
    try {
      const path = join(folder, 'model.gguf');
      await writeFile(path, await encodeGguf({ metadata, tensors: [] }));
      return await rondoHere(['inspect', path, ...args]);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('a long key of a hostile file pads no other line, and is cut', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => [`key.${i}`, text('value')] as const);
    const { stdout } = await inspected([['k'.repeat(60_000), text('v'.repeat(60_000))], ...many]);
    expect(stdout.length).toBeLessThan(100_000);
    expect(stdout).toContain('key.999');
  });

  it('keys and values show invisible characters as escapes, one line each', async () => {
    const hidden = 'a\nb\u001b[2J\u009b\u202e\u200b\ufeffz';
    const entries = [[hidden, text(hidden)]] as const;
    const escaped = String.raw`a\u000ab\u001b[2J\u009b\u202e\u200b\ufeffz`;
    const { stdout } = await inspected(entries);
    expect(stdout).toContain(`  ${escaped}`);
    expect(stdout.split('\n').filter((line) => line.includes('[2J'))).toHaveLength(1);
    const json = (await inspected(entries, '--json')).stdout;
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b\ufeff]/);
    expect(Object.keys((JSON.parse(json) as { metadata: object }).metadata)).toEqual([hidden]);
  });

  it('rondo inspect shows types that only newer engines compute with, by name and size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rondo-inspect-'));
    const path = join(folder, 'model.gguf');
    const types = [
      ['NVFP4', 36],
      ['Q1_0', 18],
      ['Q2_0', 18],
    ] as const;
    const tensors = types.map(([dtype, bytes]) => {
      const blocks = dtype === 'Q1_0' ? 2 : 4;
      return { name: dtype, dtype, shape: [256], data: new Uint8Array(blocks * bytes) };
    });
    await writeFile(path, await encodeGguf({ metadata: [], tensors }));
    const { stdout } = await rondoHere(['inspect', path, '--json']);
    await rm(folder, { recursive: true });
    const found = (JSON.parse(stdout) as { tensors: { dtype: string; bytes: number }[] }).tensors;
    expect(found.map(({ dtype, bytes }) => [dtype, bytes])).toEqual([
      ['NVFP4', 144],
      ['Q1_0', 36],
      ['Q2_0', 72],
    ]);
  });
});
