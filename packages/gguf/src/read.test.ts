import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { demoModelPath, demoQuantizations, llamaCppPath } from '@rondo/testkit';
import { file, memory, type ByteSource } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { encodeGguf, getInteger, getString, getStringArray, readGguf } from './index.ts';

/** Records which bytes are read. */
function watched(source: ByteSource): ByteSource & { readonly reads: { offset: number; bytes: number }[] } {
  const reads: { offset: number; bytes: number }[] = [];
  return {
    ...source,
    reads,
    async readInto(target, offset, options) {
      reads.push({ offset, bytes: target.length });
      await source.readInto(target, offset, options);
    },
  };
}

const manyTokens = Array.from(
  { length: 128_000 },
  (_, i) => `${i % 3 ? '▁' : ''}token${i}${i % 50 ? '' : '日本🙂'}`,
);

describe('reading', () => {
  it('readGguf reads the header in growing windows, without the tensor data behind it', async () => {
    const dataBytes = 40_000_000;
    const file = await encodeGguf({
      metadata: [
        ['tokens', { type: 'array', of: 'string', value: manyTokens }],
        ['numbers', { type: 'array', of: 'f64', value: new Float64Array(300_000).fill(0.1) }],
        ['last', { type: 'string', value: 'here' }],
      ],
      tensors: [{ name: 'w', dtype: 'I8', shape: [dataBytes], data: new Uint8Array(dataBytes) }],
    });
    const source = watched(memory(file));
    const gguf = await readGguf(source);
    expect(getStringArray(gguf, 'tokens')).toEqual(manyTokens);
    expect(getString(gguf, 'last')).toBe('here');
    expect(gguf.dataOffset).toBeGreaterThan(4_000_000);
    expect(source.reads[0]).toEqual({ offset: 0, bytes: 2 ** 20 });
    expect(source.reads.length).toBeLessThan(5);
    for (const [i, read] of source.reads.entries()) {
      const before = source.reads[i - 1] ?? { offset: 0, bytes: 0 };
      expect(read.offset).toBe(before.offset + before.bytes);
      expect(read.bytes).toBeGreaterThan(before.bytes);
    }
    const bytesRead = source.reads.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytesRead).toBeLessThan(3 * gguf.dataOffset);
  });

  it('readGguf reads version 2', async () => {
    const bytes = await encodeGguf({ metadata: [['k', { type: 'u32', value: 1 }]], tensors: [] });
    bytes[4] = 2;
    expect(await readGguf(memory(bytes))).toMatchObject({ version: 2 });
  });

  it('readGguf keeps a byte order mark, which may be a token', async () => {
    const metadata = [['k', { type: 'string', value: '\ufeffa' }]] as const;
    const gguf = await readGguf(memory(await encodeGguf({ metadata, tensors: [] })));
    expect(getString(gguf, 'k')).toBe('\ufeffa');
  });

  it("aborting readGguf rejects with the signal's reason", async () => {
    const bytes = await encodeGguf({ metadata: [], tensors: [] });
    await expect(readGguf(memory(bytes), { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    const abort = new AbortController();
    const source: ByteSource = {
      ...memory(bytes),
      async readInto(_target, _offset, options) {
        abort.abort('later');
        options?.signal?.throwIfAborted();
      },
    };
    await expect(readGguf(source, { signal: abort.signal })).rejects.toBe('later');
  });

  it('readGguf passes on an error of the source unchanged', async () => {
    const broken = new Error('broken');
    const source: ByteSource = { ...memory(new Uint8Array(100)), readInto: () => Promise.reject(broken) };
    await expect(readGguf(source)).rejects.toBe(broken);
  });
});

describe('the demo models', () => {
  it.each(demoQuantizations)('%s: its tensors fill the file', async (quantization) => {
    const source = await file(demoModelPath(quantization));
    try {
      const gguf = await readGguf(source);
      expect(getString(gguf, 'general.architecture')).toBe('llama');
      const embedding = gguf.tensors.get('token_embd.weight');
      expect(embedding?.shape).toEqual([
        getStringArray(gguf, 'tokenizer.ggml.tokens').length,
        getInteger(gguf, 'llama.embedding_length'),
      ]);
      let end = gguf.dataOffset;
      for (const { offset, bytes } of [...gguf.tensors.values()].sort((a, b) => a.offset - b.offset)) {
        expect(offset).toBe(Math.ceil(end / gguf.alignment) * gguf.alignment);
        end = offset + bytes;
      }
      expect(Math.ceil(end / gguf.alignment) * gguf.alignment).toBe(gguf.sizeBytes);
    } finally {
      await source.close();
    }
  });

  it('the writer gives the demo model byte for byte', async () => {
    const original = await readFile(demoModelPath('q4_K_M'));
    const gguf = await readGguf(memory(original));
    const written = await encodeGguf({
      metadata: gguf.metadata,
      tensors: [...gguf.tensors.values()].map((info) => ({
        ...info,
        data: original.subarray(info.offset, info.offset + info.bytes),
      })),
    });
    expect(Buffer.compare(written, original)).toBe(0);
  });
});

describe('the vocabularies of llama.cpp', () => {
  const names = readdirSync(llamaCppPath('models')).filter((name) => name.endsWith('.gguf'));
  it.each(names)('%s: reads, and the writer gives it byte for byte', async (name) => {
    const original = await readFile(llamaCppPath(`models/${name}`));
    const gguf = await readGguf(memory(original));
    expect(getStringArray(gguf, 'tokenizer.ggml.tokens').length).toBeGreaterThan(10_000);
    const written = await encodeGguf({ metadata: gguf.metadata, tensors: [] });
    written[4] = gguf.version;
    // Some writers pad a file without tensors, others do not.
    expect(Math.abs(written.length - original.length)).toBeLessThan(gguf.alignment);
    const common = Math.min(written.length, original.length);
    expect(Buffer.compare(written.subarray(0, common), original.subarray(0, common))).toBe(0);
  });
});
