// The tensors and the rotations of layers, by metadata and by what a file has.
import { bools, f32, string, u32, type MetadataValue } from '@rondo/gguf';
import { describe, expect, it } from 'vitest';
import { attentionLayers } from './attention-layers.ts';
import { architectureOf } from './registry.ts';
import { configOf, header } from './test-support/header.ts';

/** The roles of layer 1: `name [rows, columns]`, and which rows of a tensor that roles share. */
function rolesOf(name: string, has: readonly string[] = [], keys = {}): Record<string, string> {
  const gguf = header(name, keys);
  const file = { has: (tensor: string) => has.includes(tensor.replace('blk.1.', '')) };
  const tensors = architectureOf(gguf).layerTensors(configOf(gguf), 1, file);
  return Object.fromEntries(
    Object.entries(tensors).map(([role, { name: tensor, shape, partOf }]) => [
      role,
      `${tensor.replace('blk.1.', '')} [${shape.join(', ')}]${partOf ? ` from row ${partOf.firstRow} of ${partOf.rows}` : ''}`,
    ]),
  );
}

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

describe('the tensors of a layer without optional ones', () => {
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

  it('a layer without a matrix of values has none', () => {
    expect(rolesOf('gemma4', [], keys)).toEqual({ ...dense, q, k });
    expect(rolesOf('gemma4', ['attn_v.weight'], keys)).toEqual({ ...dense, q, k, v });
  });

  it('a layer with a window has smaller heads, and one that shares keys and values has queries alone', () => {
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

  it('of the projection of per-layer embeddings a layer has its own rows, and a scale of the layer is for the host', () => {
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
  it('queries, keys and values in one tensor are its rows in this order, its bias likewise', () => {
    expect(rolesOf('qwen2', ['attn_qkv.weight', 'attn_qkv.bias'])).toMatchObject({
      q: 'attn_qkv.weight [8, 8] from row 0 of 16',
      k: 'attn_qkv.weight [4, 8] from row 8 of 16',
      v: 'attn_qkv.weight [4, 8] from row 12 of 16',
      qBias: 'attn_qkv.bias [8] from row 0 of 16',
      kBias: 'attn_qkv.bias [4] from row 8 of 16',
      vBias: 'attn_qkv.bias [4] from row 12 of 16',
    });
  });

  it('biases of their own stand beside a joined matrix', () => {
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

  it('without a pattern, the period of the architecture counts', () => {
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

  it('Cohere 2 rotates in layers with a window alone, and needs one', () => {
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

  it('plain', () => {
    expect(rope({})).toMatchObject({
      dimensions: 8,
      magnitude: 1,
      frequencies: close([1, 0.1, 0.01, 0.001]),
    });
  });

  it('part of a head: the frequencies are those of its size', () => {
    expect(rope({ 'rope.dimension_count': u32(4) }, 'qwen2')).toMatchObject({
      headSize: 8,
      dimensions: 4,
      frequencies: close([1, 0.01]),
    });
  });

  it('linear scaling divides all frequencies', () => {
    expect(rope({ 'rope.scaling.factor': f32(2) })?.frequencies).toEqual(close([0.5, 0.05, 0.005, 0.0005]));
  });

  it('YaRN keeps fast pairs, divides slow ones, and mixes between', () => {
    // A pair p turns 100 / (2 pi 10^p) times: 32 turns lie before pair 0, one turn at pair 1.2, so the ramp ends at pair 2.
    expect(rope(yarn)).toMatchObject({
      frequencies: close([1, 0.1 * (1 / 2 / 4 + 1 / 2), 0.01 / 4, 0.001 / 4]),
      magnitude: expect.closeTo(1 + 0.1 * Math.log(4), 12),
    });
  });

  it('YaRN with bounds of its own: from 4 turns, at pair 0.6, to half a turn, at pair 1.5', () => {
    const bounds = { 'rope.scaling.yarn_beta_fast': f32(4), 'rope.scaling.yarn_beta_slow': f32(0.5) };
    expect(rope({ ...yarn, ...bounds })?.frequencies).toEqual(close([1, 0.0625, 0.0025, 0.00025]));
  });

  it('a log multiplier of 1 takes the magnitude of YaRN back', () => {
    expect(rope({ ...yarn, 'rope.scaling.yarn_log_multiplier': f32(1) })?.magnitude).toBe(1);
  });

  it("Gemma 3's layers with a window have a base of their own, and are not stretched", () => {
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

describe('scales', () => {
  it('Gemma multiplies embeddings by the root of the width, Granite by what its file says', () => {
    expect(configOf(header('gemma3')).embeddingScale).toBeCloseTo(Math.sqrt(8), 6);
    const granite = configOf(
      header('granite', { embedding_scale: f32(12), residual_scale: f32(0.25), logit_scale: f32(8) }),
    );
    expect(granite).toMatchObject({ embeddingScale: 12, residualScale: 0.25, logitScale: 1 / 8 });
    expect(configOf(header('llama'))).toMatchObject({ embeddingScale: 1, residualScale: 1, logitScale: 1 });
  });

  const deltaNet = {
    'ssm.conv_kernel': u32(4),
    'ssm.state_size': u32(2),
    'ssm.group_count': u32(1),
    'ssm.time_step_rank': u32(2),
    'ssm.inner_size': u32(6),
  };
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
  ])('of Qwen3.5 %s', (_name, keys, expected) => {
    const { layers } = configOf(header('qwen35', { ...deltaNet, ...keys }));
    expect(layers.map(({ kind }) => kind[0])).toEqual(expected);
    for (const layer of layers)
      if (layer.kind === 'recurrent') expect(layer.states).toEqual([3 * 2, 3 * 2, 3 * 6, 6 * 2]);
  });

  it('a delta net has q, k and v, and their filters, in one tensor each', () => {
    expect(rolesOf('qwen35', [], deltaNet)).toMatchObject({
      q: 'attn_qkv.weight [2, 8] from row 0 of 10',
      v: 'attn_qkv.weight [6, 8] from row 4 of 10',
      vFilter: 'ssm_conv1d.weight [6, 4] from row 4 of 10',
      decay: 'ssm_a [2]',
      ruleNorm: 'ssm_norm.weight [3]',
    });
    expect(rolesOf('qwen35', [], { ...deltaNet, full_attention_interval: u32(2) })).toMatchObject({
      q: 'attn_q.weight [16, 8]',
      attnOut: 'attn_output.weight [8, 8]',
      ffnNorm: 'post_attention_norm.weight [8]',
    });
    const experts = {
      expert_count: u32(4),
      expert_used_count: u32(2),
      expert_shared_feed_forward_length: u32(5),
    };
    expect(rolesOf('qwen3next', ['ssm_in.weight'], { ...deltaNet, ...experts })).toMatchObject({
      qkvz: 'ssm_in.weight [16, 8]',
      betaAlpha: 'ssm_ba.weight [4, 8]',
      sharedShare: 'ffn_gate_inp_shexp.weight [1, 8]',
      sharedDown: 'ffn_down_shexp.weight [8, 5]',
    });
  });

  it('the 62 layers of Gemma 3 27B scale scores by the width of the model', () => {
    const keys = { block_count: u32(62), 'attention.key_length': u32(6), 'attention.value_length': u32(6) };
    const scaleOf = (more = {}) =>
      attentionLayers(configOf(header('gemma3', { ...keys, ...more })))[0]?.attentionScale;
    expect([scaleOf(), scaleOf({ block_count: u32(4) })]).toEqual([1 / Math.sqrt(4), 1 / Math.sqrt(6)]);
  });
});
