// The MTP block of a file: where it stands, its tensors, and when it is refused.
import { bools, u32 } from '@rondo/gguf';
import { expect, it } from 'vitest';
import { mtpLayerOf } from './mtp-layer.ts';
import { architectureOf } from './registry.ts';
import { deltaNetKeys, header } from './test-support/header.ts';

const gguf = header('qwen35', {
  ...deltaNetKeys,
  nextn_predict_layers: u32(1),
  // The list names the MTP block, too, and is wrong about it.
  'attention.recurrent_layers': bools(true, false, true, true),
});
const qwen35 = architectureOf(gguf);

it('the MTP block is the last layer, with attention, only on request', () => {
  const without = qwen35.readConfig(gguf);
  expect(without.layers).toHaveLength(3);
  expect(mtpLayerOf(without)).toBeUndefined();
  const { layers, ...config } = qwen35.readConfig(gguf, { mtp: true });
  expect(mtpLayerOf({ layers })).toBe(3);
  expect(layers.map(({ kind, predicts }) => [kind, predicts])).toEqual([
    ['recurrent', undefined],
    ['attention', undefined],
    ['recurrent', undefined],
    ['attention', true],
  ]);
  expect({ ...config, layers: layers.slice(0, 3) }).toEqual(without);
});

it('the MTP block has the tensors of a layer, a projection of pairs, and norms that the host computes', () => {
  const config = qwen35.readConfig(gguf, { mtp: true });
  const tensors = (...names: string[]) =>
    qwen35.layerTensors(config, 3, { has: (name) => names.includes(name) });
  const norm = (name: string) => ({ name, shape: [8], onHost: true });
  expect(tensors('blk.3.nextn.shared_head_norm.weight')).toMatchObject({
    pair: { name: 'blk.3.nextn.eh_proj.weight', shape: [8, 16] },
    attnOut: { name: 'blk.3.attn_output.weight' },
    down: { name: 'blk.3.ffn_down.weight' },
    embeddingNorm: norm('blk.3.nextn.enorm.weight'),
    hiddenNorm: norm('blk.3.nextn.hnorm.weight'),
    outputNorm: norm('output_norm.weight'),
    headNorm: norm('blk.3.nextn.shared_head_norm.weight'),
  });
  expect(tensors()['headNorm']).toEqual(norm('output_norm.weight'));
});

it('a file without an MTP block, and a file with several, are refused on request', () => {
  for (const [blocks, message] of [
    [0, /no MTP block/],
    [2, /2 MTP blocks/],
  ] as const) {
    const other = header('qwen35', { ...deltaNetKeys, nextn_predict_layers: u32(blocks) });
    expect(() => qwen35.readConfig(other, { mtp: true })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringMatching(message) }),
    );
    expect(qwen35.readConfig(other).layers).toHaveLength(4 - blocks);
  }
});
