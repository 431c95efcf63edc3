// Chooses the type of each tensor of a quantized model, by the rules of llama.cpp's llama-quantize without an importance
// matrix. Source: llama-quant.cpp, tensor_allows_quantization and llama_tensor_get_type_impl.
import { layoutOf, type DType } from '@rondo/tensor';
import { findInteger, findIntegers, findString, type Gguf, type TensorInfo } from '@rondo/gguf';
import { fitting, outputName, withOutput } from './tensor-type.ts';
import type { Quantization } from './quantizations.ts';

/** A tensor, and the type that it gets. */
export interface TypedTensor {
  readonly tensor: TensorInfo;
  readonly dtype: DType;
  /** The type that it would get if its rows fitted the blocks of that type. */
  readonly wanted: DType;
}

/** Matrices that are too small or too sensitive to be quantized, by parts of their names. */
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
  const { layers, experts, has70B, isFalcon } = factsOf(gguf);
  const values = tensors.filter(({ name }) => isAttentionValue(name)).length;
  let valueIndex = 0;
  let downIndex = 0;

  function choose({ name }: TensorInfo): DType {
    let wanted = dtype;
    if (isAttentionValue(name)) {
      if (mixture?.attentionValue(valueIndex, values)) wanted = mixture.better;
      // 8 heads share these values, so more bits cost little.
      if (has70B && wanted === 'Q4_K') wanted = 'Q5_K';
      if (experts === 8) wanted = 'Q8_0';
      valueIndex += 1;
    } else if (name.includes('attn_k.weight')) {
      if (experts === 8) wanted = 'Q8_0';
    } else if (name.includes('attn_output.weight')) {
      if (experts === 8 && mixture?.attentionOutputOf8Experts && !isFalcon) wanted = 'Q5_K';
    } else if (name.includes('ffn_down')) {
      const index = experts > 1 ? layerOf(name) : downIndex;
      const falcon = isFalcon ? mixture?.feedForwardDownOfFalcon : undefined;
      if (falcon) wanted = falcon(index, layers);
      else if (mixture?.feedForwardDown(index, layers)) wanted = mixture.better;
      downIndex += 1;
    }
    // llama-quantize writes Falcon's output matrix in Q8_0, whatever the other types are.
    return isFalcon && name === outputName(tied) ? 'Q8_0' : withOutput(name, wanted, tied);
  }

  const isFloat = layoutOf(dtype).blockElements === 1;
  return tensors.map((tensor) => {
    if (!isQuantized(tensor)) return { tensor, dtype: tensor.dtype, wanted: tensor.dtype };
    const wanted = isFloat ? dtype : choose(tensor);
    return { tensor, dtype: fitting(wanted, tensor.shape.at(-1) ?? 0), wanted };
  });
}

function byLayerAndName(a: TensorInfo, b: TensorInfo): number {
  return layerOf(a.name) - layerOf(b.name) || (a.name < b.name ? -1 : 1);
}

/** -1 for a tensor that belongs to no layer. */
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

function factsOf(gguf: Gguf): { layers: number; experts: number; has70B: boolean; isFalcon: boolean } {
  const architecture = findString(gguf, 'general.architecture') ?? '';
  const integer = (key: string): number => findInteger(gguf, `${architecture}.${key}`) ?? 0;
  const layers = integer('block_count');
  const heads = (key: string): string => String(findIntegers(gguf, `${architecture}.attention.${key}`) ?? 0);
  const isShared = heads('head_count') !== heads('head_count_kv');
  return {
    layers,
    experts: integer('expert_count'),
    isFalcon: architecture === 'falcon',
    has70B: layers === 80 && isShared && ['llama', 'qwen2'].includes(architecture),
  };
}
