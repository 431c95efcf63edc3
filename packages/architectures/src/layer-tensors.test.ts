// The tensors of a layer, by the metadata and the tensors of a file.
import { bools, u32 } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { attentionLayers } from './attention-layers.ts';
import { architectureOf } from './registry.ts';
import { configOf, header, rolesOf } from './test-support/header.ts';

const separate = { q: 'attn_q.weight [8, 8]', k: 'attn_k.weight [4, 8]', v: 'attn_v.weight [4, 8]' };
const out = { attnOut: 'attn_output.weight [8, 8]' };
const gated = {
  gate: 'ffn_gate.weight [12, 8]',
  up: 'ffn_up.weight [12, 8]',
  down: 'ffn_down.weight [8, 12]',
};
const joined = {
  gate: 'ffn_up.weight [12, 8] from row 0 of 24',
  up: 'ffn_up.weight [12, 8] from row 12 of 24',
  down: 'ffn_down.weight [8, 12]',
};
const preNorms = { attnNorm: 'attn_norm.weight [8]', ffnNorm: 'ffn_norm.weight [8]' };
const postNorms = { attnPostNorm: 'post_attention_norm.weight [8]', ffnPostNorm: 'post_ffw_norm.weight [8]' };
const headNorms = { qNorm: 'attn_q_norm.weight [4]', kNorm: 'attn_k_norm.weight [4]' };
const plain = {
  up: 'ffn_up.weight [12, 8]',
  down: 'ffn_down.weight [8, 12]',
  attnNormBias: 'attn_norm.bias [8]',
  ffnNormBias: 'ffn_norm.bias [8]',
  attnOutBias: 'attn_output.bias [8]',
  upBias: 'ffn_up.bias [12]',
  downBias: 'ffn_down.bias [8]',
};

describe('the tensors of a layer without optional tensors', () => {
  it.each<[string, Record<string, string>]>([
    ['llama', { ...preNorms, ...separate, ...out, ...gated }],
    ['mistral3', { ...preNorms, ...separate, ...out, ...gated }],
    ['granite', { ...preNorms, ...separate, ...out, ...gated }],
    ['ernie4_5', { ...preNorms, ...separate, ...out, ...gated }],
    ['smollm3', { ...preNorms, ...separate, ...out, ...gated }],
    ['qwen2', { ...preNorms, ...separate, ...out, ...gated }],
    ['qwen3', { ...preNorms, ...separate, ...out, ...headNorms, ...gated }],
    ['qwen3vl', { ...preNorms, ...separate, ...out, ...headNorms, ...gated }],
    ['hunyuan-dense', { ...preNorms, ...separate, ...out, ...headNorms, ...gated }],
    [
      'seed_oss',
      { attnNorm: preNorms.attnNorm, ...separate, ...out, ffnNorm: postNorms.attnPostNorm, ...gated },
    ],
    ['phi3', { ...preNorms, ...separate, ...out, ...joined }],
    ['glm4', { ...preNorms, ...postNorms, ...separate, ...out, ...joined }],
    ['gemma2', { ...preNorms, ...postNorms, ...separate, ...out, ...gated }],
    ['gemma3', { ...preNorms, ...postNorms, ...separate, ...out, ...headNorms, ...gated }],
    ['exaone4', { ...postNorms, ...separate, ...out, ...headNorms, ...gated }],
    [
      'olmo2',
      {
        ...postNorms,
        ...separate,
        ...out,
        qNorm: 'attn_q_norm.weight [8]',
        kNorm: 'attn_k_norm.weight [4]',
        ...gated,
      },
    ],
    ['gpt2', { ...preNorms, ...separate, ...out, ...plain }],
    ['starcoder2', { ...preNorms, ...separate, ...out, ...plain }],
  ])('%s', (name, expected) => expect(rolesOf(name)).toEqual(expected));

  it('cohere2', () => {
    const keys = { 'attention.sliding_window': u32(8) };
    const { attnNorm } = preNorms;
    expect(rolesOf('cohere2', [], keys)).toEqual({ attnNorm, ...separate, ...out, ...gated });
  });
});

describe('the tensors of a layer of Gemma 4', () => {
  const keys = {
    'attention.sliding_window': u32(8),
    'attention.sliding_window_pattern': bools(true, false, true, false),
    'attention.key_length_swa': u32(2),
    'attention.value_length_swa': u32(2),
    'rope.dimension_count_swa': u32(2),
  };
  const dense = { ...preNorms, ...postNorms, ...headNorms, ...out, ...gated };
  const { q, k, v } = separate;

  it('a layer has the role v only if the file has the matrix of values', () => {
    expect(rolesOf('gemma4', [], keys)).toEqual({ ...dense, q, k });
    expect(rolesOf('gemma4', ['attn_v.weight'], keys)).toEqual({ ...dense, q, k, v });
  });

  it('a layer with a window has smaller heads; a layer that shares keys and values has only queries', () => {
    const windowed = { ...keys, 'attention.sliding_window_pattern': bools(false, true, true, false) };
    expect(rolesOf('gemma4', [], windowed)).toMatchObject({
      q: 'attn_q.weight [4, 8]',
      k: 'attn_k.weight [2, 8]',
      qNorm: 'attn_q_norm.weight [2]',
    });
    const shared = {
      ...keys,
      'attention.sliding_window_pattern': bools(false, false, false, false),
      'attention.shared_kv_layers': u32(3),
    };
    const { kNorm: _, ...queries } = dense;
    expect(rolesOf('gemma4', [], shared)).toEqual({ ...queries, q });
    const layers = attentionLayers(configOf(header('gemma4', shared)));
    expect(layers.map(({ sharesLayer }) => sharesLayer)).toEqual([undefined, 0, 0, 0]);
  });

  it('a layer has its own rows of the projection of per-layer embeddings, and the host uses the scale of the layer', () => {
    const gguf = header('gemma4', { ...keys, embedding_length_per_layer_input: u32(3) });
    const config = configOf(gguf);
    expect(config.layerRows).toEqual({
      table: 'per_layer_token_embd.weight',
      width: 3,
      scale: Math.fround(Math.sqrt(3)),
    });
    expect(rolesOf('gemma4', [], { ...keys, embedding_length_per_layer_input: u32(3) })).toMatchObject({
      inputGate: 'inp_gate.weight [3, 8]',
      inputProjection: 'per_layer_model_proj.weight [3, 8] from row 3 of 12',
      inputNorm: 'per_layer_proj_norm.weight [3]',
      inputOut: 'proj.weight [8, 3]',
      inputPostNorm: 'post_norm.weight [8]',
    });
    const { outputScale } = architectureOf(gguf).layerTensors(config, 1, { has: () => true });
    expect(outputScale).toEqual({ name: 'blk.1.layer_output_scale.weight', shape: [1], onHost: true });
  });
});

describe('optional tensors of a layer', () => {
  it('a joined tensor holds the rows of queries, then of keys, then of values, and so does its bias', () => {
    expect(rolesOf('qwen2', ['attn_qkv.weight', 'attn_qkv.bias'])).toMatchObject({
      q: 'attn_qkv.weight [8, 8] from row 0 of 16',
      k: 'attn_qkv.weight [4, 8] from row 8 of 16',
      v: 'attn_qkv.weight [4, 8] from row 12 of 16',
      qBias: 'attn_qkv.bias [8] from row 0 of 16',
      kBias: 'attn_qkv.bias [4] from row 8 of 16',
      vBias: 'attn_qkv.bias [4] from row 12 of 16',
    });
  });

  it('a joined matrix may have separate biases', () => {
    expect(rolesOf('phi3', ['attn_qkv.weight', 'attn_k.bias'])).toMatchObject({
      k: 'attn_qkv.weight [4, 8] from row 8 of 16',
      kBias: 'attn_k.bias [4]',
    });
  });

  it.each([
    ['llama', ['attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']],
    ['mistral3', ['attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']],
    ['granite', ['attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']],
    ['ernie4_5', ['attn_output']],
    ['qwen3', []],
    ['seed_oss', []],
  ])('%s has the biases of %j beside those of queries, keys and values', (name, own) => {
    const all = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
    const roles = Object.values(
      rolesOf(
        name,
        all.map((one) => `${one}.bias`),
      ),
    );
    const found = roles.flatMap((role) => /^(\w+)\.bias/.exec(role)?.[1] ?? []);
    expect(found).toEqual(expect.arrayContaining(['attn_q', 'attn_k', 'attn_v', ...own]));
    expect(found).toHaveLength(3 + own.length);
  });

  it.each([
    ['qwen2', true],
    ['llama', false],
    ['gpt2', false],
  ])('a bias of the output matrix is used in %s: %s', (name, expected) => {
    const gguf = header(name);
    const { outputBias } = architectureOf(gguf).outputTensors(configOf(gguf), { has: () => true });
    expect(outputBias?.name).toBe(expected ? 'output.bias' : undefined);
  });
});
