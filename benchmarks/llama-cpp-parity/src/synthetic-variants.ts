// The random models that both engines run: each architecture with all of its specials, and with each of them there and not
// there, as far as llama.cpp runs it.
import { bools, f32, type MetadataValue, string, u32, u32s } from '@rondo/gguf';
import { synthOptionalTensors, synthShapes, type SynthShape, type SynthShapeName } from '@rondo/synth';

/** A model to compare. */
export interface Variant {
  readonly name: string;
  readonly shape: SynthShape;
}

/** Architectures, by their names in GGUF files; `-experts` where one has experts in some models. */
export const architectureNames = Object.keys(synthShapes).flatMap((name) =>
  name.startsWith('tiny-') && name !== 'tiny-experts' ? [name.slice(5)] : [],
);

/** llama.cpp reads a table of half floats in place of GELU, which moves the logits. */
const geluArchitectures = ['gemma2', 'gemma3', 'gemma4', 'gpt2', 'starcoder2'];
/** Its graphs have no output matrix beside the embedding here, and must have one there. */
const alwaysTied = ['cohere2', 'gemma2'];
const neverTied = ['gpt-oss', 'minimax-m2', 'olmo2', 'olmoe', 'qwen2moe'];
/** It has the layer's tensors of rotary divisors in these alone; it refuses the file of another. */
const withDivisors = ['llama', 'granite', 'granitehybrid', 'mistral3', 'exaone4'];
/** It refuses a file without such a tensor here. */
const alwaysDivided = ['gemma4'];
/** It has no biases here. */
const unbiased = ['deepseek2', 'gemma4'];
/** It gives each layer the joined matrix alone here. */
const alwaysJoined = ['gpt2'];
/** It adds this bias without a look whether the file has it here. */
const alwaysBiased: Readonly<Record<string, string>> = {
  granitehybrid: 'ssm_conv1d.bias',
  nemotron_h: 'ssm_conv1d.bias',
  nemotron_h_moe: 'ssm_conv1d.bias',
};
/** All heads share a latent vector there. */
const latent = ['deepseek2'];
/** It has as many heads of keys as of queries here. */
const ungrouped = [...alwaysJoined, 'olmoe'];
/** Tensors that it loads and leaves out of its graph. */
const leftOut: Readonly<Record<string, readonly string[]>> = { ernie4_5: ['attn_output.bias'] };
/** Graphs that multiply with the scale of each matrix that a file has. */
const withScales = ['llama', 'qwen3moe'];
/** Architectures whose layers may have windows, and where llama.cpp takes another rotary base for these. */
const withWindows = ['cohere2', 'gemma2', 'gemma3', 'gpt-oss', 'olmo2'];
const withWindowBase = ['gemma2', 'gemma3', 'gemma4', 'gpt-oss'];

/** How far logits may differ, as a share of the largest. */
export const logitTolerance = (name: string): number =>
  geluArchitectures.includes(comparedShape(name).architecture) ? 1e-2 : 1e-3;

/**
 * The tiny shape of an architecture, without the tensors that llama.cpp leaves out of its graph. Where its GELU moves the scores
 * of a router, which would choose otherwise, all experts are used; the choice itself is compared on the tiny models.
 */
export function comparedShape(name: string): SynthShape {
  const special: SynthShape = synthShapes[`tiny-${name}` as SynthShapeName];
  const shape = geluArchitectures.includes(special.architecture) ? withAllExperts(special) : special;
  const dropped = leftOut[shape.architecture];
  if (!dropped) return shape;
  // Only NVFP4 files have scales of matrices.
  const kept = (name: string) => !dropped.includes(name) && !name.endsWith('.scale');
  return { ...shape, optional: synthOptionalTensors(shape).filter(kept) };
}

function withAllExperts(shape: SynthShape): SynthShape {
  const { experts } = shape;
  return experts ? { ...shape, experts: { ...experts, used: experts.count } } : shape;
}

/**
 * A shape whose quantized weights are compared. Through dozens of random layers, rounding grows to other ids; in a router, it
 * grows to other experts, so all experts are used.
 */
export function quantizedShape(name: string): SynthShape {
  const shape = withAllExperts(comparedShape(name));
  return { ...shape, layers: Math.min(shape.layers, 6) };
}

/** Everything of an architecture that is compared in F32. */
export function variantsOf(name: string): Variant[] {
  const special = comparedShape(name);
  const { architecture } = special;
  const hasBiases = !unbiased.includes(architecture);
  const biases = synthOptionalTensors(special).filter(
    (name) =>
      hasBiases &&
      name.endsWith('.bias') &&
      name !== 'attn_qkv.bias' &&
      !leftOut[architecture]?.includes(name),
  );
  const qkvBiases = ['attn_q.bias', 'attn_k.bias', 'attn_v.bias'];
  const joined = alwaysJoined.includes(architecture);
  const convolutionBias = alwaysBiased[architecture];
  const always = [
    ...(joined ? ['attn_qkv.weight', 'attn_qkv.bias'] : []),
    ...(convolutionBias ? [convolutionBias] : []),
  ];
  const { ropeDivisors, ...undivided } = special;
  const divided = alwaysDivided.includes(architecture) && ropeDivisors ? { ropeDivisors } : {};
  // Of an architecture that has windows in a deep model alone, the rest is compared in a shallow one.
  const layers = Math.min(special.layers, 6);
  const simple = { ...undivided, ...divided, layers, keys: simpleKeys(special.keys), optional: always };
  const variants: Variant[] = [
    { name: 'every special', shape: special },
    { name: 'no optional tensor, no scaling of positions', shape: simple },
  ];
  if (!latent.includes(architecture)) {
    const fewest = ungrouped.includes(architecture) ? special.heads : 1;
    variants.push(
      { name: 'heads that share all keys', shape: withKvHeads(simple, fewest) },
      { name: 'as many keys as queries', shape: withKvHeads(simple, special.heads) },
    );
  }
  const add = (name: string, change: Partial<SynthShape>) =>
    variants.push({ name, shape: { ...simple, ...change } });
  const addKeys = (name: string, keys: Record<string, MetadataValue>, change: Partial<SynthShape> = {}) =>
    add(name, { ...change, keys: { ...simple.keys, ...keys } });

  if (!alwaysTied.includes(architecture) && !neverTied.includes(architecture))
    add(special.tied ? 'untied' : 'tied', { tied: !special.tied });
  if (!joined && !latent.includes(architecture)) {
    for (const bias of biases) add(`${bias} alone`, { optional: [...always, bias] });
    add('joined q, k, v', { optional: [...always, 'attn_qkv.weight'] });
    // With some of the three biases and not the others beside a joined matrix, llama.cpp leaves all of them out.
    if (hasBiases)
      add('joined q, k, v beside three biases', { optional: [...always, 'attn_qkv.weight', ...qkvBiases] });
  }
  if (special.ropeBase !== undefined) {
    addKeys('linear scaling', { 'rope.scaling.type': string('linear'), 'rope.scaling.factor': f32(3) });
    addKeys('a factor alone', { 'rope.scaling.factor': f32(2.5) });
    addKeys('YaRN', {
      'rope.scaling.type': string('yarn'),
      'rope.scaling.factor': f32(8),
      'rope.scaling.original_context_length': u32(24),
    });
    addKeys('attn_factor', { 'rope.scaling.attn_factor': f32(1.5) });
  }
  if (withDivisors.includes(architecture)) {
    add('divisors of the rotary frequencies', { ropeDivisors: 'all' });
    if (!['exaone4', 'granitehybrid'].includes(architecture))
      for (const original of [64, 512])
        addKeys(
          `LongRoPE trained for ${original} positions`,
          {
            'rope.scaling.type': string('longrope'),
            'rope.scaling.original_context_length': u32(original),
          },
          { ropeDivisors: 'long and short' },
        );
  }
  if (architecture === 'phi3') {
    for (const original of [64, 512])
      addKeys(
        `LongRoPE trained for ${original} positions`,
        { 'rope.scaling.original_context_length': u32(original) },
        { ropeDivisors: 'long and short' },
      );
  }
  if (withWindows.includes(architecture)) {
    addKeys('windows by a period of 2', { 'attention.sliding_window_pattern': u32(2) });
    const windows = Array.from({ length: layers }, (_, layer) => layer % 3 !== 1);
    addKeys('windows by an array', { 'attention.sliding_window_pattern': bools(...windows) });
    addKeys('a window of one position', { 'attention.sliding_window': u32(1) });
    addKeys('a window longer than the text', { 'attention.sliding_window': u32(400) });
  }
  if (architecture === 'gemma4') {
    add('values of their own', { optional: ['attn_v.weight'] });
    add('divisors for all pairs', { ropeDivisors: 'all' });
    addKeys('no per-layer embeddings', { embedding_length_per_layer_input: u32(0) });
    addKeys('no shared keys and values', { 'attention.shared_kv_layers': u32(0) });
    addKeys('a window of one position', { 'attention.sliding_window': u32(1) });
    addKeys('a window longer than the text', { 'attention.sliding_window': u32(400) });
    const windows = bools(false, true, true, false, true, true);
    addKeys('windows of another pattern', { 'attention.sliding_window_pattern': windows });
    if (special.experts) {
      add('gate and up of experts in one matrix', { optional: ['ffn_gate_up_exps.weight'] });
      add('scales of experts', { optional: ['ffn_down_exps.scale'] });
      add('one expert in all', { experts: { ...special.experts, count: 1, used: 1 } });
    }
  }
  if (architecture === 'lfm2moe') addKeys('all layers with experts', { leading_dense_block_count: u32(0) });
  if (architecture === 'nemotron_h_moe') {
    const norm = { type: 'bool', value: false } as const;
    addKeys('shares that are not normalized', { expert_weights_norm: norm });
  }
  if (architecture === 'lfm2') {
    for (const taps of [2, 4])
      addKeys(`convolutions over ${taps} positions`, { 'shortconv.l_cache': u32(taps) });
    addKeys('no windows', { 'attention.sliding_window': u32(0) });
    addKeys('convolutions at the end', { 'attention.head_count_kv': u32s(2, 1, 4, 2, 0, 0) });
  }
  if (withScales.includes(architecture)) {
    // llama.cpp takes a scale of the output matrix in NVFP4 alone.
    const scales = synthOptionalTensors(special).filter((name) => /^(attn|ffn).*\.scale$/.test(name));
    add('scales of matrices', { optional: scales });
  }
  if (withWindowBase.includes(architecture))
    addKeys('another rotary base in windows', { 'rope.freq_base_swa': f32(300) });
  if (architecture in alwaysBiased) {
    addKeys('convolutions over two positions', { 'ssm.conv_kernel': u32(2) });
    addKeys('one group of heads', { 'ssm.group_count': u32(1) });
    addKeys('a group for each head', { 'ssm.group_count': u32(8) });
    addKeys('more heads, longer states', { 'ssm.time_step_rank': u32(32), 'ssm.state_size': u32(64) });
  }
  if (architecture.startsWith('nemotron_h'))
    addKeys('the epsilon of the norms in the key of RMS norms', {
      'attention.layer_norm_rms_epsilon': f32(0.1),
    });
  // In models with experts, llama.cpp does not read the switch.
  if (['granite', 'granitehybrid'].includes(architecture))
    addKeys('no rotation', { 'rope.scaling.finetuned': { type: 'bool', value: false } });
  if (architecture === 'granitemoe')
    addKeys('no shared expert', { expert_shared_feed_forward_length: u32(0) });
  if (architecture === 'deepseek2') {
    addKeys('experts in groups', { expert_group_count: u32(4), expert_group_used_count: u32(2) });
    addKeys('no dense layer', { leading_dense_block_count: u32(0) });
    add('gate and up of experts in one matrix', { optional: ['ffn_gate_up_exps.weight'] });
    addKeys("YaRN with the model's factor of scores", {
      'rope.scaling.type': string('yarn'),
      'rope.scaling.factor': f32(8),
      'rope.scaling.original_context_length': u32(24),
      'rope.scaling.yarn_log_multiplier': f32(0.1),
    });
  }
  if (architecture === 'glm4moe') {
    const notNormalized: MetadataValue = { type: 'bool', value: false };
    addKeys('no dense layer', { leading_dense_block_count: u32(0) });
    addKeys('all but one layer dense', { leading_dense_block_count: u32(3) });
    addKeys('experts in groups', { expert_group_count: u32(4), expert_group_used_count: u32(2) });
    addKeys('shares that are not normalized', { expert_weights_norm: notNormalized });
    addKeys('softmax', { expert_gating_func: u32(1), expert_weights_scale: f32(0) });
  }
  return variants;
}

/** Without scaling of positions, and with as many keys in all layers that attend. */
function simpleKeys(keys: SynthShape['keys'] = {}): Record<string, MetadataValue> {
  return Object.fromEntries(
    Object.entries(keys).filter(
      ([key, value]) =>
        !key.startsWith('rope.scaling.') && (key !== KV_HEADS || kvHeadsOf(value).includes(0)),
    ),
  );
}

/** `kvHeads` heads of keys in each layer that attends. */
function withKvHeads(shape: SynthShape, kvHeads: number): SynthShape {
  const found = kvHeadsOf(shape.keys?.[KV_HEADS]);
  if (found.length === 0) return { ...shape, kvHeads };
  const changed = u32s(...found.map((count) => (count === 0 ? 0 : kvHeads)));
  return { ...shape, keys: { ...shape.keys, [KV_HEADS]: changed } };
}

const KV_HEADS = 'attention.head_count_kv';

/** The heads of keys of each layer; empty if the metadata has one number for all. */
function kvHeadsOf(value: MetadataValue | undefined): readonly number[] {
  return value?.type === 'array' && value.of === 'u32' ? [...value.value] : [];
}
