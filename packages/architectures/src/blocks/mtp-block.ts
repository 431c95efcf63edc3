// The MTP block (multi-token prediction, "nextn" in GGUF): an ordinary layer over pairs. A pair has the embedding of a token
// and the hidden row of the token before it, each normalized by a norm of its own. Source: DeepSeek-AI 2024, arXiv:2412.19437,
// section 2.2.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { linear, type LayerCode } from './layer-code.ts';
import { onHost, type LayerTensors } from './layer-tensors.ts';

/** The parts of a layer. */
interface LayerParts {
  tensors(t: LayerTensors): Tensors;
  encode(code: LayerCode, w: Weights, x: Tensor): Tensor;
}

/**
 * The MTP block with the layer `parts`. The host computes its norms: of embeddings (`embeddingNorm`), of hidden rows
 * (`hiddenNorm`), of the results of the last layer (`outputNorm`) and of the results of the block (`headNorm`).
 */
export function mtpBlock(parts: LayerParts): LayerParts {
  return {
    tensors(t) {
      const { width } = t.config;
      const outputNorm = onHost({ name: 'output_norm.weight', shape: [width] });
      return {
        pair: t.weight('nextn.eh_proj', width, 2 * width),
        ...parts.tensors(t),
        embeddingNorm: onHost(t.weight('nextn.enorm', width)),
        hiddenNorm: onHost(t.weight('nextn.hnorm', width)),
        outputNorm,
        headNorm: t.has('nextn.shared_head_norm')
          ? onHost(t.weight('nextn.shared_head_norm', width))
          : outputNorm,
      };
    },
    encode: (code, w, pairs) => parts.encode(code, w, linear(code, w, 'pair', pairs)),
  };
}
