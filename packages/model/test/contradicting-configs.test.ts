// Numbers of the metadata that contradict each other, and numbers that are missing.
import { bools, u32, u32s, type MetadataValue } from '@rondo/gguf';
import { synthShapes, type SynthShape } from '@rondo/synth';
import { describe, expect, it } from 'vitest';
import { described, errorOf, fileOf } from './support/configured-files.ts';

describe('numbers that contradict each other are refused by the key, and by the layer where it is one', () => {
  const { 'tiny-llama': llama, 'tiny-gemma3': gemma3, 'tiny-gemma2': gemma2 } = synthShapes;
  const { 'tiny-gemma4': gemma4 } = synthShapes;
  const { 'tiny-qwen35': qwen35, 'tiny-qwen35moe': qwen35moe, 'tiny-qwen3next': qwen3next } = synthShapes;
  const { 'tiny-gpt-oss': gptOss } = synthShapes;
  const { 'tiny-lfm2': lfm2, 'tiny-lfm2moe': lfm2moe, 'tiny-granitehybrid': granitehybrid } = synthShapes;
  const { 'tiny-nemotron_h': nemotron, 'tiny-nemotron_h_moe': nemotronMoe } = synthShapes;
  const { 'tiny-mistral3': mistral3, 'tiny-cohere2': cohere2, 'tiny-olmo2': olmo2 } = synthShapes;

  const { 'tiny-glm4moe': glm4moe, 'tiny-deepseek2': deepseek2 } = synthShapes;

  it.each<[string, SynthShape, Record<string, MetadataValue>, RegExp]>([
    [
      'groups that do not divide the experts',
      glm4moe,
      { expert_group_count: u32(3), expert_group_used_count: u32(1) },
      /glm4moe\.expert_group_count = 3.*divisor of the 8 experts/,
    ],
    [
      'groups with fewer experts than a token uses',
      deepseek2,
      { expert_group_count: u32(8), expert_group_used_count: u32(1) },
      /deepseek2\.expert_group_used_count = 1.*2 experts/,
    ],
    [
      'more dense layers than layers',
      glm4moe,
      { leading_dense_block_count: u32(5) },
      /glm4moe\.leading_dense_block_count = 5.*0 to 4/,
    ],
    [
      'keys that are not as long as a latent vector and its rotated part',
      deepseek2,
      { 'attention.key_length': u32(64) },
      /deepseek2\.attention\.key_length = 64.*48/,
    ],
    [
      'heads that rotate as a whole beside latent vectors',
      deepseek2,
      { 'attention.key_length_mla': u32(16) },
      /deepseek2\.attention\.key_length_mla = 16.*16 values that rotate/,
    ],
    [
      'a latent vector for each of several heads',
      deepseek2,
      { 'attention.head_count_kv': u32(2) },
      /deepseek2\.attention\.head_count_kv = 2.*latent vector/,
    ],
    [
      'a pattern of windows without a window',
      gemma3,
      {
        'attention.sliding_window': u32(0),
        'attention.sliding_window_pattern': bools(false, true, false, true, true, true),
      },
      /gemma3\.attention\.sliding_window = 0.*layer 1/,
    ],
    [
      'heads of keys that do not divide those of values',
      qwen35,
      { 'ssm.group_count': u32(3) },
      /qwen35\.ssm\.group_count = 3.*ssm\.time_step_rank, 4/,
    ],
    [
      'values of all heads that do not divide among them',
      qwen3next,
      { 'ssm.inner_size': u32(130) },
      /qwen3next\.ssm\.inner_size = 130.*ssm\.time_step_rank, 4/,
    ],
    [
      'recurrent layers for fewer layers than there are',
      qwen35moe,
      { 'attention.recurrent_layers': bools(true, false, true) },
      /qwen35moe\.attention\.recurrent_layers.*3 values.*4 layers/,
    ],
    [
      'a gate with fewer values than a head has attended to',
      qwen35,
      { 'attention.value_length': u32(16) },
      /qwen35\.attention\.value_length = 16; it must be 32, as qwen35\.attention\.key_length is/,
    ],
    [
      'a convolution of one position',
      qwen35,
      { 'ssm.conv_kernel': u32(1) },
      /qwen35\.ssm\.conv_kernel = 1.*from 2 to 64/,
    ],
    [
      'a short convolution of one position',
      lfm2,
      { 'shortconv.l_cache': u32(1) },
      /lfm2\.shortconv\.l_cache = 1.*from 2 to 64/,
    ],
    [
      'heads of keys for fewer layers than there are, in a model with short convolutions',
      lfm2,
      { 'attention.head_count_kv': u32s(0, 0, 2) },
      /lfm2\.attention\.head_count_kv.*3 values.*6 layers/,
    ],
    [
      'more dense layers than there are layers',
      lfm2moe,
      { leading_dense_block_count: u32(7) },
      /lfm2moe\.leading_dense_block_count = 7/,
    ],
    [
      'groups that do not divide the heads of a Mamba-2',
      granitehybrid,
      { 'ssm.group_count': u32(3) },
      /granitehybrid\.ssm\.group_count = 3.*ssm\.time_step_rank, 8/,
    ],
    [
      'values of a Mamba-2 that do not divide among its heads',
      nemotron,
      { 'ssm.inner_size': u32(260) },
      /nemotron_h\.ssm\.inner_size = 260.*ssm\.time_step_rank, 8/,
    ],
    [
      'widths for fewer layers than there are, in a model of layers with one block',
      nemotron,
      { feed_forward_length: u32s(0, 192, 0) },
      /nemotron_h\.feed_forward_length.*3 values.*6 layers/,
    ],
    [
      'a shared expert without a width',
      nemotronMoe,
      { expert_shared_feed_forward_length: u32(0) },
      /nemotron_h_moe\.expert_shared_feed_forward_length = 0/,
    ],
    [
      'a pattern for fewer layers than there are',
      gemma2,
      { 'attention.sliding_window_pattern': bools(true, false, true) },
      /gemma2\.attention\.sliding_window_pattern.*3 values.*4 layers/,
    ],
    [
      'a pattern of numbers',
      olmo2,
      { 'attention.sliding_window_pattern': u32s(1, 1, 1, 0) },
      /olmo2\.attention\.sliding_window_pattern/,
    ],
    [
      'heads of queries for more layers than there are',
      llama,
      { 'attention.head_count': u32s(4, 4, 4, 4, 4) },
      /llama\.attention\.head_count.*5 values.*4 layers/,
    ],
    [
      'heads of keys that do not divide those of queries in one layer',
      llama,
      { 'attention.head_count_kv': u32s(2, 2, 3, 2) },
      /llama\.attention\.head_count_kv.*3.*layer 2/,
    ],
    [
      'no heads of keys in one layer',
      cohere2,
      { 'attention.head_count_kv': u32s(2, 0, 2, 2) },
      /cohere2\.attention\.head_count_kv\[1\] = 0/,
    ],
    [
      'a feed-forward network without values in one layer',
      mistral3,
      { feed_forward_length: u32s(192, 192, 192, 0) },
      /mistral3\.feed_forward_length\[3\] = 0/,
    ],
    [
      'more values of a head that rotate than it has',
      gemma3,
      { 'rope.dimension_count': u32(66) },
      /gemma3\.rope\.dimension_count = 66/,
    ],
    ['an odd number of values that rotate', gemma3, { 'rope.dimension_count': u32(31) }, /even/],
    [
      'layers that share keys and values of a layer that is not there',
      gemma4,
      {
        'attention.shared_kv_layers': u32(5),
        'attention.sliding_window_pattern': bools(false, true, false, true, false, true),
      },
      /gemma4\.attention\.shared_kv_layers = 5.*layer 1 would use.*a layer before the first/,
    ],
    [
      'layers that share keys and values, all of them',
      gemma4,
      { 'attention.shared_kv_layers': u32(6) },
      /gemma4\.attention\.shared_kv_layers = 6/,
    ],
    [
      'layers that share keys and values of a layer with a window, and have none',
      gemma4,
      { 'attention.shared_kv_layers': u32(3) },
      /gemma4\.attention\.shared_kv_layers = 3.*layer 3 would use.*layer 2, which has another window/,
    ],
    [
      'layers that share keys and values of a layer with other heads',
      gemma4,
      { 'attention.head_count_kv': u32s(2, 1, 2, 2, 2, 1) },
      /gemma4\.attention\.shared_kv_layers = 2.*layer 5 would use.*layer 3/,
    ],
    [
      'a table of per-layer embeddings with rows of another length',
      gemma4,
      { embedding_length_per_layer_input: u32(32) },
      /gemma4\.embedding_length_per_layer_input = 32.*96 values.*per_layer_token_embd.*6 layers/,
    ],
    [
      'a window whose layers are not said one by one',
      gemma4,
      { 'attention.sliding_window_pattern': u32(2) },
      /gemma4\.attention\.sliding_window_pattern.*each of 6 layers/,
    ],
    [
      'a window of no positions, of which the pattern has some',
      gemma4,
      { 'attention.sliding_window': u32(0) },
      /gemma4\.attention\.sliding_window = 0/,
    ],
    [
      'values of another size than keys in layers with a window',
      gemma4,
      { 'attention.value_length_swa': u32(16) },
      /gemma4\.attention\.value_length_swa = 16.*32/,
    ],
    [
      'more rotated values than heads have in layers with a window',
      gemma4,
      { 'rope.dimension_count_swa': u32(64) },
      /gemma4\.rope\.dimension_count_swa = 64/,
    ],
    [
      'a window of no positions where every other layer has a window',
      gptOss,
      { 'attention.sliding_window': u32(0) },
      /gpt-oss\.attention\.sliding_window = 0/,
    ],
    [
      'a pattern of windows for fewer layers than a model with sinks has',
      gptOss,
      { 'attention.sliding_window_pattern': bools(true, false, true) },
      /gpt-oss\.attention\.sliding_window_pattern.*3 values.*4 layers/,
    ],
    [
      'more experts used than there are',
      gptOss,
      { expert_used_count: u32(9) },
      /gpt-oss\.expert_used_count = 9.*from 1 to 8/,
    ],
    [
      'more predicting blocks than blocks',
      llama,
      { nextn_predict_layers: u32(4) },
      /llama\.nextn_predict_layers = 4/,
    ],
  ])('%s', async (_, shape, keys, message) => {
    expect(await errorOf(fileOf(shape, keys).then(described))).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    { shape: gemma4, key: 'attention.sliding_window' },
    { shape: gemma4, key: 'attention.sliding_window_pattern' },
    { shape: gemma4, key: 'attention.key_length_swa' },
    { shape: gemma4, key: 'attention.value_length_swa' },
    { shape: gptOss, key: 'attention.sliding_window' },
  ])('$shape.architecture without $key is refused by the key', async ({ shape, key }) => {
    const { source, gguf } = await fileOf(shape);
    const metadata = new Map(gguf.metadata);
    metadata.delete(`${shape.architecture}.${key}`);
    expect(await errorOf(described({ source, gguf: { ...gguf, metadata } }))).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(`${shape.architecture}.${key}`),
    });
  });

  it.each([3, 5])('%i heads do not divide the width where the size of a head is not given', async (heads) => {
    const { source, gguf } = await fileOf(llama, {
      'attention.head_count': u32(heads),
      'attention.head_count_kv': u32(heads),
    });
    const metadata = new Map(gguf.metadata);
    metadata.delete('llama.attention.key_length');
    expect(await errorOf(described({ source, gguf: { ...gguf, metadata } }))).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining('llama.attention.head_count'),
    });
  });
});
