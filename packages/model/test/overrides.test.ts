// Metadata and rotation that a caller gives in place of the file's.
import { f32, type MetadataValue } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { demoBytes, edited, greedy } from './support/demo.ts';

/** The ids of a model, and the warnings of its loading. */
async function run(bytes: Uint8Array, options: LoadOptions = {}) {
  const codes: string[] = [];
  await using model = await loadModel(memory(bytes), {
    context: 128,
    onWarning: ({ code }) => codes.push(code),
    ...options,
  });
  return { ids: await greedy(model, 'ROMEO:', 12), codes };
}

/** The demo model with metadata of its own. */
const withMetadata = (entries: Readonly<Record<string, MetadataValue>>): Promise<Uint8Array> =>
  edited((metadata) => {
    for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  });

describe('an override of the metadata', () => {
  it('gives the ids of a file that has the value', async () => {
    const scaled = { 'llama.rope.scaling.factor': f32(4) };
    const { ids } = await run(await withMetadata(scaled));
    const bytes = await demoBytes();
    expect((await run(bytes)).ids).not.toEqual(ids);
    expect(await run(bytes, { overrides: scaled })).toEqual({ ids, codes: [] });
  });

  it('is checked as a value of the file is', async () => {
    const overrides = { 'llama.block_count': { type: 'u32', value: 0 } } as const;
    await expect(run(await demoBytes(), { overrides })).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining('llama.block_count'),
    });
  });

  it('of a key that the model does not read is warned about', async () => {
    const overrides = { 'llama.rope.freq_bass': f32(1) };
    expect((await run(await demoBytes(), { overrides })).codes).toEqual(['UNUSED_OVERRIDE']);
  });

  it.each<[string, unknown]>([
    ['a text', 'llama.rope.freq_base=float:1'],
    ['a value without a type', { 'llama.rope.freq_base': 1 }],
  ])('that is %s is refused', async (_, overrides) => {
    const bytes = await demoBytes();
    await expect(run(bytes, { overrides } as LoadOptions)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('override'),
    });
  });
});

describe('the rotation', () => {
  it('has the base of the option', async () => {
    const { ids } = await run(await withMetadata({ 'llama.rope.freq_base': f32(500) }));
    expect((await run(await demoBytes(), { ropeFrequencyBase: 500 })).ids).toEqual(ids);
  });

  it('has the scale of the option, also where the file has another or none', async () => {
    const quarter = await withMetadata({ 'llama.rope.scaling.factor': f32(4) });
    const { ids } = await run(quarter);
    expect((await run(await demoBytes(), { ropeFrequencyScale: 0.25 })).ids).toEqual(ids);
    const none = await withMetadata({
      'llama.rope.scaling.type': { type: 'string', value: 'none' },
      'llama.rope.scaling.factor': f32(8),
    });
    expect((await run(none, { ropeFrequencyScale: 0.25 })).ids).toEqual(ids);
    expect((await run(quarter, { ropeFrequencyScale: 1 })).ids).toEqual((await run(await demoBytes())).ids);
  });

  it.each([0, -1, Number.NaN, '1'])('refuses %s as a base', async (ropeFrequencyBase) => {
    const bytes = await demoBytes();
    await expect(run(bytes, { ropeFrequencyBase } as LoadOptions)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('ropeFrequencyBase'),
    });
  });
});
