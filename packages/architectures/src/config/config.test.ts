// Heads, windows and scales of layers, by metadata.
import { bools, f32, u32, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { attentionLayers } from '../attention-layers.ts';
import { configOf, header } from '../test-support/header.ts';

describe('the size of heads', () => {
  it.each(['attention.key_length', 'attention.value_length'])(
    'a width that heads do not divide needs both sizes: %s alone is refused',
    (key) => {
      const gguf = header('llama', { 'attention.head_count': u32(3), [key]: u32(4) });
      expect(() => configOf(gguf)).toThrow(
        expect.objectContaining({
          code: 'BAD_CONFIG',
          details: expect.objectContaining({ key: 'llama.attention.head_count' }),
        }),
      );
    },
  );
});

describe('windows', () => {
  const windowsOf = (name: string, keys: Readonly<Record<string, MetadataValue>>) =>
    attentionLayers(configOf(header(name, keys))).map(({ window, rope }) => [
      window ?? 0,
      rope !== undefined,
    ]);
  const window = u32(8);

  it('without a pattern in the file, the period of the architecture is used', () => {
    expect(windowsOf('gemma2', { 'attention.sliding_window': window }).map(([size]) => size)).toEqual([
      8, 0, 8, 0,
    ]);
    expect(windowsOf('olmo2', { 'attention.sliding_window': window }).map(([size]) => size)).toEqual([
      8, 8, 8, 0,
    ]);
    expect(windowsOf('gemma3', {}).map(([size]) => size)).toEqual([0, 0, 0, 0]);
  });

  it.each<[string, MetadataValue, number[]]>([
    ['a period', u32(3), [8, 8, 0, 8]],
    ['a period of 0, which is a window in all layers', u32(0), [8, 8, 8, 8]],
    ['a period of 1, which is no window', u32(1), [0, 0, 0, 0]],
    ['an array', bools(false, true, true, false), [0, 8, 8, 0]],
  ])('%s', (_, pattern, expected) => {
    const keys = { 'attention.sliding_window': window, 'attention.sliding_window_pattern': pattern };
    expect(windowsOf('gemma3', keys).map(([size]) => size)).toEqual(expected);
  });

  it('Cohere 2 rotates only in layers with a window, and a file without a window is refused', () => {
    expect(windowsOf('cohere2', { 'attention.sliding_window': window })).toEqual([
      [8, true],
      [8, true],
      [8, true],
      [0, false],
    ]);
    const without: Record<string, MetadataValue>[] = [{}, { 'attention.sliding_window': u32(0) }];
    for (const keys of without)
      expect(() => windowsOf('cohere2', keys)).toThrow(
        expect.objectContaining({
          code: 'BAD_CONFIG',
          details: expect.objectContaining({ key: 'cohere2.attention.sliding_window' }),
        }),
      );
  });
});

describe('scales', () => {
  it('Gemma multiplies embeddings by the square root of the width, Granite by the factor in its file', () => {
    expect(configOf(header('gemma3')).embeddingScale).toBeCloseTo(Math.sqrt(8), 6);
    const granite = configOf(
      header('granite', { embedding_scale: f32(12), residual_scale: f32(0.25), logit_scale: f32(8) }),
    );
    expect(granite).toMatchObject({ embeddingScale: 12, residualScale: 0.25, logitScale: 1 / 8 });
    expect(configOf(header('llama'))).toMatchObject({ embeddingScale: 1, residualScale: 1, logitScale: 1 });
  });

  it('the 62 layers of Gemma 3 27B scale scores by the width of the model', () => {
    const keys = { block_count: u32(62), 'attention.key_length': u32(6), 'attention.value_length': u32(6) };
    const scaleOf = (more = {}) =>
      attentionLayers(configOf(header('gemma3', { ...keys, ...more })))[0]?.attentionScale;
    expect([scaleOf(), scaleOf({ block_count: u32(4) })]).toEqual([1 / Math.sqrt(4), 1 / Math.sqrt(6)]);
  });
});
