import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf, type MetadataValue } from '@rondo/gguf';
import { expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

it('shows version, metadata with long arrays abbreviated, tensors, and totals by type', async () => {
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

it('--json has the same, for programs', async () => {
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

it('keeps what JSON cannot say, and lets no file steer the terminal', async () => {
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
