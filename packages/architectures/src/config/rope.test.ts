// Rotations of layers, by metadata.
import { f32, string, u32, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { attentionLayers } from '../attention-layers.ts';
import { configOf, header } from '../test-support/header.ts';

describe('rotations', () => {
  /** Eight values of a head rotate: four pairs, whose plain frequencies are 1, 1/10, 1/100, 1/1000. */
  const rope = (keys: Readonly<Record<string, MetadataValue>>, name = 'llama', layer = 3) =>
    attentionLayers(
      configOf(header(name, { 'attention.key_length': u32(8), 'attention.value_length': u32(8), ...keys })),
    )[layer]?.rope;
  const close = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 12));
  const yarn = {
    'rope.scaling.type': string('yarn'),
    'rope.scaling.factor': f32(4),
    'rope.scaling.original_context_length': u32(100),
  };

  it('without scaling, the frequencies are powers of the base', () => {
    expect(rope({})).toMatchObject({
      dimensions: 8,
      magnitude: 1,
      frequencies: close([1, 0.1, 0.01, 0.001]),
    });
  });

  it('if only a part of a head rotates, the frequencies depend on the size of that part', () => {
    expect(rope({ 'rope.dimension_count': u32(4) }, 'qwen2')).toMatchObject({
      headSize: 8,
      dimensions: 4,
      frequencies: close([1, 0.01]),
    });
  });

  it('linear scaling divides all frequencies', () => {
    expect(rope({ 'rope.scaling.factor': f32(2) })?.frequencies).toEqual(close([0.5, 0.05, 0.005, 0.0005]));
  });

  it('YaRN keeps the frequencies of fast pairs, divides the frequencies of slow pairs, and interpolates between', () => {
    // Pair p makes 100 / (2 pi 10^p) turns. 32 turns would be before pair 0; 1 turn is at pair 1.2, so the ramp ends at pair 2.
    expect(rope(yarn)).toMatchObject({
      frequencies: close([1, 0.1 * (1 / 2 / 4 + 1 / 2), 0.01 / 4, 0.001 / 4]),
      magnitude: expect.closeTo(1 + 0.1 * Math.log(4), 12),
    });
  });

  it('YaRN with bounds from the file: from 4 turns, at pair 0.6, to half a turn, at pair 1.5', () => {
    const bounds = { 'rope.scaling.yarn_beta_fast': f32(4), 'rope.scaling.yarn_beta_slow': f32(0.5) };
    expect(rope({ ...yarn, ...bounds })?.frequencies).toEqual(close([1, 0.0625, 0.0025, 0.00025]));
  });

  it('with a log multiplier of 1, the magnitude of YaRN is 1', () => {
    expect(rope({ ...yarn, 'rope.scaling.yarn_log_multiplier': f32(1) })?.magnitude).toBe(1);
  });

  it('in Gemma 3, the rotation of layers with a window has its own base, and is not scaled', () => {
    const keys = { ...yarn, 'attention.sliding_window': u32(8), 'rope.freq_base_swa': f32(10_000) };
    const full = { ...keys, 'attention.sliding_window_pattern': u32(4), 'rope.freq_base': f32(1e8) };
    expect(rope(full, 'gemma3', 0)).toMatchObject({
      frequencies: close([1, 0.1, 0.01, 0.001]),
      magnitude: 1,
    });
    expect(rope(full, 'gemma3', 3)?.frequencies[3]).toBeCloseTo(1e-6 / 4, 12);
  });

  it('the queries of Ministral 3 grow with the position, keys do not', () => {
    const keys = { ...yarn, 'attention.temperature_scale': f32(0.5) };
    const [layer] = attentionLayers(configOf(header('mistral3', keys)));
    expect(layer?.queryRope?.temperature).toEqual({ scale: 0.5, length: 100 });
    expect(layer?.rope?.temperature).toBeUndefined();
  });

  it.each([
    ['smollm3', [true, true, true, false]],
    ['gpt2', [false, false, false, false]],
  ])('%s rotates in layers %j', (name, expected) => {
    expect(attentionLayers(configOf(header(name))).map((layer) => layer.rope !== undefined)).toEqual(
      expected,
    );
  });
});
