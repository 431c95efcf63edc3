// Which type each tensor of a quantized model gets: the rules of llama.cpp's llama-quantize without an importance matrix.
// Source: llama-quant.cpp, tensor_allows_quantization and llama_tensor_get_type_impl.
import { layoutOf, type DType } from '@rondo/tensor';
import { findInteger, findString } from '../accessors.ts';
import { tensorType } from '../tensor-type.ts';
import type { Gguf, TensorInfo } from '../types.ts';
import type { Quantization } from './quantizations.ts';

/** A tensor, and the type that it is to have. */
export interface TypedTensor {
  readonly tensor: TensorInfo;
  readonly dtype: DType;
}

/** Matrices that are too small or too delicate, by parts of their names. */
const kept = new RegExp(
  [
    '_norm\\.weight|ffn_gate_(inp|tid2eid)\\.weight|altup|laurel|per_layer_model_proj',
    '^(position_embd|token_types)\\.weight|ssm_conv1d|shortconv\\.conv\\.weight|indexer\\.[kq]_proj\\.weight',
    'time_mix_(first|[wva][012]|g[12]|decay_w[12]|lerp_fused)\\.weight|attn_rel_b\\.weight',
    '\\.(position_embd|rel_pos|patch_embd|patch_merger)|sam\\.(pos_embd|neck\\.|net_)|a\\.(rvq\\.codebook|code_embd)',
  ].join('|'),
);

/** The tensors in the order in which llama-quantize writes them, with their types. */
export function chooseTypes(gguf: Gguf, { dtype, mixture }: Quantization): TypedTensor[] {
  const tensors = [...gguf.tensors.values()].sort(byLayerAndName);
  const tied = !gguf.tensors.has('output.weight');
  const { layers, experts, has70B } = factsOf(gguf);
  const values = tensors.filter(({ name }) => isAttentionValue(name)).length;
  let valueIndex = 0;
  let downIndex = 0;

  function choose({ name, shape }: TensorInfo): DType {
    let wanted = dtype;
    if (isAttentionValue(name)) {
      if (mixture?.attentionValue(valueIndex, values)) wanted = mixture.better;
      // 8 heads share these values, so that more bits cost little.
      if (has70B && wanted === 'Q4_K') wanted = 'Q5_K';
      if (experts === 8) wanted = 'Q8_0';
      valueIndex += 1;
    } else if (name.includes('attn_k.weight')) {
      if (experts === 8) wanted = 'Q8_0';
    } else if (name.includes('attn_output.weight')) {
      if (experts === 8 && mixture?.attentionOutputOf8Experts) wanted = 'Q5_K';
    } else if (name.includes('ffn_down')) {
      const index = experts > 1 ? layerOf(name) : downIndex;
      if (mixture?.feedForwardDown(index, layers)) wanted = mixture.better;
      downIndex += 1;
    }
    return tensorType(name, shape, wanted, tied);
  }

  const isFloat = layoutOf(dtype).blockElements === 1;
  return tensors.map((tensor) => {
    if (!isQuantized(tensor)) return { tensor, dtype: tensor.dtype };
    return { tensor, dtype: isFloat ? dtype : choose(tensor) };
  });
}

function byLayerAndName(a: TensorInfo, b: TensorInfo): number {
  return layerOf(a.name) - layerOf(b.name) || (a.name < b.name ? -1 : 1);
}

/** -1 for what belongs to no layer. */
function layerOf(name: string): number {
  return Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
}

function isAttentionValue(name: string): boolean {
  return /attn_(v|qkv|kv_b)\.weight/.test(name);
}

/** Matrices and stacks of them. Dimensions of size 1 around them do not count. */
function isQuantized({ name, shape }: TensorInfo): boolean {
  const isMatrix = shape.slice(0, -1).some((size) => size !== 1);
  return isMatrix && name.endsWith('weight') && !kept.test(name);
}

function factsOf(gguf: Gguf): { layers: number; experts: number; has70B: boolean } {
  const architecture = findString(gguf, 'general.architecture') ?? '';
  const integer = (key: string): number => findInteger(gguf, `${architecture}.${key}`) ?? 0;
  const layers = integer('block_count');
  const isShared = integer('attention.head_count') !== integer('attention.head_count_kv');
  return {
    layers,
    experts: integer('expert_count'),
    has70B: layers === 80 && isShared && ['llama', 'qwen2'].includes(architecture),
  };
}
