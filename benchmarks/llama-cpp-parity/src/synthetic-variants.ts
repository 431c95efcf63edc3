// The random models that both engines run: each architecture with all of its specials, and with each of them there and not
// there, as far as llama.cpp runs it.
import { bools, f32, type MetadataValue, string, u32 } from '@rondo/gguf';
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
const neverTied = ['minimax-m2', 'olmo2', 'olmoe', 'qwen2moe'];
/** It has the layer's tensors of rotary divisors in these alone; it refuses the file of another. */
const withDivisors = ['llama', 'granite', 'mistral3', 'exaone4'];
/** It refuses a file without such a tensor here. */
const alwaysDivided = ['gemma4'];
/** It has no biases here. */
const unbiased = ['deepseek2', 'gemma4'];
/** It gives each layer the joined matrix alone here. */
const alwaysJoined = ['gpt2'];
/** All heads share a latent vector there. */
const latent = ['deepseek2'];
/** It has as many heads of keys as of queries here. */
const ungrouped = [...alwaysJoined, 'olmoe'];
/** Tensors that it loads and leaves out of its graph. */
const leftOut: Readonly<Record<string, readonly string[]>> = { ernie4_5: ['attn_output.bias'] };
/** Graphs that multiply with the scale of each matrix that a file has. */
const withScales = ['llama', 'qwen3moe'];
/** Architectures whose layers may have windows, and where llama.cpp takes another rotary base for these. */
const withWindows = ['cohere2', 'gemma2', 'gemma3', 'olmo2'];
const withWindowBase = ['gemma2', 'gemma3', 'gemma4'];

/** How far logits may differ, as a share of the largest. */
export const logitTolerance = (name: string): number =>
  geluArchitectures.includes(comparedShape(name).architecture) ? 1e-2 : 1e-3;

/**
 * The tiny shape of an architecture, without the tensors that llama.cpp leaves out of its graph. Where its GELU moves the scores
 * of a router, which would choose otherwise, all experts are used; the choice itself is compared on the tiny models.
 */
export function comparedShape(name: string): SynthShape {
  const shape = withAllExperts(synthShapes[`tiny-${name}` as SynthShapeName]);
  const dropped = leftOut[shape.architecture];
  if (!dropped) return shape;
  return { ...shape, optional: synthOptionalTensors(shape).filter((name) => !dropped.includes(name)) };
}

function withAllExperts(shape: SynthShape): SynthShape {
  const { architecture, experts } = shape;
  if (!experts || !geluArchitectures.includes(architecture)) return shape;
  return { ...shape, experts: { ...experts, used: experts.count } };
}

/** A shape whose quantized weights are compared: through dozens of random layers, rounding grows to other ids. */
export function quantizedShape(name: string): SynthShape {
  const shape = comparedShape(name);
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
  const always = joined ? ['attn_qkv.weight', 'attn_qkv.bias'] : [];
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
      { name: 'heads that share all keys', shape: { ...simple, kvHeads: fewest } },
      { name: 'as many keys as queries', shape: { ...simple, kvHeads: special.heads } },
    );
  }
  const add = (name: string, change: Partial<SynthShape>) =>
    variants.push({ name, shape: { ...simple, ...change } });
  const addKeys = (name: string, keys: Record<string, MetadataValue>, change: Partial<SynthShape> = {}) =>
    add(name, { ...change, keys: { ...simple.keys, ...keys } });

  if (!alwaysTied.includes(architecture) && !neverTied.includes(architecture))
    add(special.tied ? 'untied' : 'tied', { tied: !special.tied });
  if (!joined && !latent.includes(architecture)) {
    for (const bias of biases) add(`${bias} alone`, { optional: [bias] });
    add('joined q, k, v', { optional: ['attn_qkv.weight'] });
    // With some of the three biases and not the others beside a joined matrix, llama.cpp leaves all of them out.
    if (hasBiases) add('joined q, k, v beside three biases', { optional: ['attn_qkv.weight', ...qkvBiases] });
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
    if (architecture !== 'exaone4')
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
  if (withScales.includes(architecture)) {
    // llama.cpp takes a scale of the output matrix in NVFP4 alone.
    const scales = synthOptionalTensors(special).filter((name) => /^(attn|ffn).*\.scale$/.test(name));
    add('scales of matrices', { optional: scales });
  }
  if (withWindowBase.includes(architecture))
    addKeys('another rotary base in windows', { 'rope.freq_base_swa': f32(300) });
  if (architecture === 'granite')
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

/** Without scaling of positions, and with as many keys in all layers. */
function simpleKeys(keys: SynthShape['keys'] = {}): Record<string, MetadataValue> {
  return Object.fromEntries(
    Object.entries(keys).filter(
      ([key]) => !key.startsWith('rope.scaling.') && key !== 'attention.head_count_kv',
    ),
  );
}
