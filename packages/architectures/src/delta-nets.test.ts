// Gated delta nets: which layers have a delta net, and the tensors of these layers.
import { bools, u32, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { configOf, deltaNetKeys, header, rolesOf } from './test-support/header.ts';

describe('delta nets', () => {
  it.each<[string, Readonly<Record<string, MetadataValue>>, string[]]>([
    ['without a list, every fourth attends', {}, ['r', 'r', 'r', 'a']],
    ['by an interval', { full_attention_interval: u32(2) }, ['r', 'a', 'r', 'a']],
    [
      'by a list, which goes before an interval',
      { full_attention_interval: u32(2), 'attention.recurrent_layers': bools(false, false, true, true) },
      ['a', 'a', 'r', 'r'],
    ],
    [
      'by a list that names the block that predicts tokens ahead, too',
      { nextn_predict_layers: u32(1), 'attention.recurrent_layers': bools(true, false, true, false) },
      ['r', 'a', 'r'],
    ],
  ])('the layers of Qwen3.5 with a delta net: %s', (_name, keys, expected) => {
    const { layers } = configOf(header('qwen35', { ...deltaNetKeys, ...keys }));
    expect(layers.map(({ kind }) => kind[0])).toEqual(expected);
    for (const layer of layers)
      if (layer.kind === 'recurrent') expect(layer.states).toEqual([3 * 2, 3 * 2, 3 * 6, 6 * 2]);
  });

  it('a delta net has q, k and v in one tensor, and the filters of q, k and v in another tensor', () => {
    expect(rolesOf('qwen35', [], deltaNetKeys)).toMatchObject({
      q: 'attn_qkv.weight [2, 8] from row 0 of 10',
      v: 'attn_qkv.weight [6, 8] from row 4 of 10',
      vFilter: 'ssm_conv1d.weight [6, 4] from row 4 of 10',
      decay: 'ssm_a [2]',
      ruleNorm: 'ssm_norm.weight [3]',
    });
    expect(rolesOf('qwen35', [], { ...deltaNetKeys, full_attention_interval: u32(2) })).toMatchObject({
      q: 'attn_q.weight [16, 8]',
      attnOut: 'attn_output.weight [8, 8]',
      ffnNorm: 'post_attention_norm.weight [8]',
    });
    const experts = {
      expert_count: u32(4),
      expert_used_count: u32(2),
      expert_shared_feed_forward_length: u32(5),
    };
    expect(rolesOf('qwen3next', ['ssm_in.weight'], { ...deltaNetKeys, ...experts })).toMatchObject({
      qkvz: 'ssm_in.weight [16, 8]',
      betaAlpha: 'ssm_ba.weight [4, 8]',
      sharedShare: 'ffn_gate_inp_shexp.weight [1, 8]',
      sharedDown: 'ffn_down_shexp.weight [8, 5]',
    });
  });
});
