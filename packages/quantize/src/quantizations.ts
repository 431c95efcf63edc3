// The quantizations by the names of llama.cpp's llama-quantize. Some are mixtures, which spend more bits on the tensors
// that suffer most from few bits. Source: llama-quant.cpp, llama_tensor_get_type_impl.
import type { DType } from '@rondo/tensor';

/** One way to quantize a model. */
export interface Quantization {
  /** Type of most weights. */
  readonly dtype: DType;
  /** `general.file_type`. Source: llama.h, `llama_ftype`. */
  readonly fileType: number;
  /** Which tensors get more bits. */
  readonly mixture?: Mixture;
}

/** The tensors of a mixture that get a better type, chosen by their index among the `count` tensors of their kind. */
export interface Mixture {
  readonly better: DType;
  /** Whether the matrix of a layer's values is of the better type. */
  readonly attentionValue: (index: number, count: number) => boolean;
  /** Whether the matrix of a layer's feed-forward outputs is of the better type. */
  readonly feedForwardDown: (index: number, count: number) => boolean;
  /** The type of feed-forward outputs in models of the architecture `falcon`, for which llama-quantize has its own rule. */
  readonly feedForwardDownOfFalcon?: (index: number, count: number) => DType;
  /** Whether attention outputs of models with 8 experts get Q5_K. */
  readonly attentionOutputOf8Experts: boolean;
}

/** The first eighth, the last eighth, and every third between them. */
function someLayers(index: number, count: number): boolean {
  const eighth = Math.floor(count / 8);
  return index < eighth || index >= Math.floor((7 * count) / 8) || (index - eighth) % 3 === 2;
}

const q4_k_s: Quantization = {
  dtype: 'Q4_K',
  fileType: 14,
  mixture: {
    better: 'Q5_K',
    attentionValue: (index) => index < 4,
    feedForwardDown: (index, count) => index < Math.floor(count / 8),
    feedForwardDownOfFalcon: () => 'Q4_K',
    attentionOutputOf8Experts: true,
  },
};
const q4_k_m: Quantization = {
  dtype: 'Q4_K',
  fileType: 15,
  mixture: {
    better: 'Q6_K',
    attentionValue: someLayers,
    feedForwardDown: someLayers,
    feedForwardDownOfFalcon(index, count) {
      if (index < Math.floor(count / 16)) return 'Q6_K';
      return someLayers(index, count) ? 'Q5_K' : 'Q4_K';
    },
    attentionOutputOf8Experts: true,
  },
};
const q5_k_m: Quantization = {
  dtype: 'Q5_K',
  fileType: 17,
  mixture: {
    better: 'Q6_K',
    attentionValue: someLayers,
    feedForwardDown: someLayers,
    attentionOutputOf8Experts: false,
  },
};

/** Quantizations by name; `q4_k` and `q5_k` are short for the mixtures with `_m`. */
export const quantizations = {
  f32: { dtype: 'F32', fileType: 0 },
  f16: { dtype: 'F16', fileType: 1 },
  bf16: { dtype: 'BF16', fileType: 32 },
  q8_0: { dtype: 'Q8_0', fileType: 7 },
  q6_k: { dtype: 'Q6_K', fileType: 18 },
  q5_k: q5_k_m,
  q5_k_m,
  q5_k_s: { dtype: 'Q5_K', fileType: 16 },
  q5_1: { dtype: 'Q5_1', fileType: 9 },
  q5_0: { dtype: 'Q5_0', fileType: 8 },
  q4_k: q4_k_m,
  q4_k_m,
  q4_k_s,
  q4_1: { dtype: 'Q4_1', fileType: 3 },
  q4_0: { dtype: 'Q4_0', fileType: 2 },
} as const satisfies Record<string, Quantization>;

/** A name of `quantizations`. */
export type QuantizationName = keyof typeof quantizations;
