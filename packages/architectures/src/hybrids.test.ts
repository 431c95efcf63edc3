// Layers without attention: short convolutions, Mamba-2, and layers that are one block alone.
import { f32, u32, u32s, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { architectureOf } from './registry.ts';
import { layerSpecs } from './layer-specs.ts';
import { configOf, header, rolesOf } from './test-support/header.ts';

const mamba = {
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(5),
  'ssm.group_count': u32(2),
  'ssm.time_step_rank': u32(4),
  'ssm.inner_size': u32(12),
};
const kinds = (name: string, keys: Readonly<Record<string, MetadataValue>>) =>
  configOf(header(name, keys)).layers.map(({ kind }) => kind);

describe('hybrid models', () => {
  it('the layers of LFM2 without heads of keys have a short convolution, whose state is its window', () => {
    const keys = { 'shortconv.l_cache': u32(3), 'attention.head_count_kv': u32s(0, 1, 0, 2) };
    expect(kinds('lfm2', keys)).toEqual(['recurrent', 'attention', 'recurrent', 'attention']);
    expect(configOf(header('lfm2', keys)).layers[0]).toMatchObject({ states: [2 * 8], convolutionWindow: 3 });
    expect(rolesOf('lfm2', [], { ...keys, 'attention.head_count_kv': u32(0) })).toMatchObject({
      shortB: 'shortconv.in_proj.weight [8, 8] from row 0 of 24',
      shortX: 'shortconv.in_proj.weight [8, 8] from row 16 of 24',
      shortFilter: 'shortconv.conv.weight [8, 3]',
      down: 'ffn_down.weight [8, 12]',
    });
  });

  it('in LFM2, only the layers with attention have the window', () => {
    const keys = {
      'shortconv.l_cache': u32(3),
      'attention.head_count_kv': u32s(0, 1, 0, 2),
      'attention.sliding_window': u32(7),
    };
    const { layers } = configOf(header('lfm2', keys));
    expect(layers.map((layer) => (layer.kind === 'attention' ? layer.window : 'none'))).toEqual([
      'none',
      7,
      'none',
      7,
    ]);
  });

  it('the final norm of LFM2 is token_embd_norm', () => {
    const gguf = header('lfm2', { 'shortconv.l_cache': u32(3) });
    const { norm } = architectureOf(gguf).outputTensors(configOf(gguf), { has: () => false });
    expect(norm).toEqual({ name: 'token_embd_norm.weight', shape: [8] });
  });

  it.each([
    [0, [true, true, true, true]],
    [2, [false, false, true, true]],
  ])('LFM2 with experts and %i dense layers has its experts in the others', (dense, expected) => {
    const keys = {
      'shortconv.l_cache': u32(3),
      'attention.head_count_kv': u32s(0, 1, 0, 2),
      expert_count: u32(4),
      expert_used_count: u32(2),
      expert_feed_forward_length: u32(6),
      expert_gating_func: u32(2),
      leading_dense_block_count: u32(dense),
    };
    const gguf = header('lfm2moe', keys);
    const config = configOf(gguf);
    expect(config.routing).toMatchObject({ gate: 'sigmoid', normalized: true, scale: 1 });
    const specs = config.layers.map((_, layer) =>
      layerSpecs(architectureOf(gguf), config, layer, { has: () => false }),
    );
    expect(specs.map((of) => of.some(([role]) => role === 'routerBias'))).toEqual(expected);
    expect(specs.map((of) => of.some(([, { shape }]) => shape.join() === '4,8,6'))).toEqual(expected);
    expect(specs.map((of) => of.some(([, { shape }]) => shape.join() === '8,12'))).toEqual(
      expected.map((has) => !has),
    );
  });

  it('the matrix and the filters of a Mamba-2 are shared by z, x, B, C and the time steps', () => {
    const keys = { ...mamba, 'attention.head_count_kv': u32s(1, 0, 1, 1) };
    expect(configOf(header('granitehybrid', keys)).layers[1]).toMatchObject({
      states: [3 * 12, 3 * 10, 3 * 10, 12 * 5],
      mamba: { heads: 4, headSize: 3, groups: 2, stateSize: 5, window: 4 },
    });
    expect(rolesOf('granitehybrid', ['ssm_conv1d.bias'], keys)).toMatchObject({
      scanZ: 'ssm_in.weight [12, 8] from row 0 of 48',
      scanX: 'ssm_in.weight [12, 8] from row 12 of 48',
      scanB: 'ssm_in.weight [10, 8] from row 24 of 48',
      scanC: 'ssm_in.weight [10, 8] from row 34 of 48',
      scanStep: 'ssm_in.weight [4, 8] from row 44 of 48',
      scanCFilter: 'ssm_conv1d.weight [10, 4] from row 22 of 32',
      scanCFilterBias: 'ssm_conv1d.bias [10] from row 22 of 32',
      scanStepBias: 'ssm_dt.bias [4]',
      scanNorm: 'ssm_norm.weight [2, 6]',
      skip: 'ssm_d [4, 1]',
      gate: 'ffn_gate.weight [12, 8]',
    });
    expect(rolesOf('granitehybrid', [], keys)).not.toHaveProperty('scanXFilterBias');
  });

  it('a hybrid Granite rotates unless its file forbids the rotation, and its scales are optional', () => {
    const keys = { ...mamba, 'attention.head_count_kv': u32s(1, 0, 1, 1) };
    const ropes = (more: Readonly<Record<string, MetadataValue>>) =>
      configOf(header('granitehybrid', { ...keys, ...more })).layers.map(
        (layer) => layer.kind === 'attention' && layer.rope !== undefined,
      );
    expect(ropes({})).toEqual([true, false, true, true]);
    expect(ropes({ 'rope.scaling.finetuned': { type: 'bool', value: false } })).not.toContain(true);
    const { logitScale, residualScale, embeddingScale } = configOf(header('granitehybrid', keys));
    expect([logitScale, residualScale, embeddingScale]).toEqual([1, 1, 1]);
    expect(configOf(header('granitehybrid', { ...keys, logit_scale: f32(8) })).logitScale).toBe(1 / 8);
  });

  it('a layer of Nemotron-H is a feed-forward network, attention or a Mamba-2', () => {
    const keys = {
      ...mamba,
      feed_forward_length: u32s(0, 12, 0, 12),
      'attention.head_count_kv': u32s(0, 0, 1, 1),
    };
    expect(kinds('nemotron_h', keys)).toEqual(['recurrent', 'feedForward', 'attention', 'feedForward']);
    expect(rolesOf('nemotron_h', ['ffn_up.bias', 'ffn_gate.bias'], keys)).toEqual({
      attnNorm: 'attn_norm.weight [8]',
      up: 'ffn_up.weight [12, 8]',
      upBias: 'ffn_up.bias [12]',
      down: 'ffn_down.weight [8, 12]',
    });
  });

  it('the experts of Nemotron-H have two matrices, and replace every feed-forward network', () => {
    const keys = {
      ...mamba,
      feed_forward_length: u32s(0, 12, 0, 12),
      'attention.head_count_kv': u32s(0, 0, 1, 1),
      expert_count: u32(4),
      expert_used_count: u32(2),
      expert_shared_feed_forward_length: u32(10),
      expert_weights_scale: f32(2.5),
    };
    const gguf = header('nemotron_h_moe', keys);
    const config = configOf(gguf);
    expect(config.routing).toMatchObject({ gate: 'sigmoid', normalized: false, scale: 2.5 });
    expect(config.layers.map(({ hasExperts }) => hasExperts)).toEqual([false, undefined, false, undefined]);
    const names = layerSpecs(architectureOf(gguf), config, 1, { has: () => true }).map(
      ([, { name }]) => name,
    );
    expect(names.map((name) => name.replace('blk.1.', '')).toSorted()).toEqual([
      'attn_norm.weight',
      'exp_probs_b.bias',
      'ffn_down_exps.scale',
      'ffn_down_exps.weight',
      'ffn_down_shexp.weight',
      'ffn_gate_inp.weight',
      'ffn_up_exps.scale',
      'ffn_up_exps.weight',
      'ffn_up_shexp.weight',
    ]);
  });

  it('Nemotron experts whose input has another width than the model are refused, and the error names the key', () => {
    const keys = {
      ...mamba,
      feed_forward_length: u32s(0, 12, 0, 12),
      'attention.head_count_kv': u32s(0, 0, 1, 1),
      expert_count: u32(4),
      expert_used_count: u32(2),
      expert_shared_feed_forward_length: u32(10),
      moe_latent_size: u32(4),
    };
    expect(() => configOf(header('nemotron_h_moe', keys))).toThrow(/nemotron_h_moe\.moe_latent_size = 4/);
  });
});
