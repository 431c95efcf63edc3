// Llama: Touvron et al. 2023, arXiv:2302.13971; grouped heads since arXiv:2307.09288. Also Mistral and everything else
// that GGUF files call `llama`.
import type { Gguf } from '@rondo/gguf';
import type { Architecture, ModelConfig } from './architecture.ts';
import { readTransformerConfig } from './read-config.ts';

type LayerRole = 'attnNorm' | 'q' | 'k' | 'v' | 'attnOut' | 'ffnNorm' | 'gate' | 'up' | 'down';
type OutputRole = 'norm' | 'output';

/** The Llama family. */
export const llama: Architecture<LayerRole, OutputRole> = {
  name: 'llama',

  readConfig: (gguf: Gguf): ModelConfig => readTransformerConfig(gguf, 'llama', 'interleaved'),

  layerTensors({ width, heads, kvHeads, headSize, feedForwardWidth }, layer) {
    const tensor = (name: string, ...shape: number[]) => ({ name: `blk.${layer}.${name}.weight`, shape });
    return {
      attnNorm: tensor('attn_norm', width),
      q: tensor('attn_q', heads * headSize, width),
      k: tensor('attn_k', kvHeads * headSize, width),
      v: tensor('attn_v', kvHeads * headSize, width),
      attnOut: tensor('attn_output', width, heads * headSize),
      ffnNorm: tensor('ffn_norm', width),
      gate: tensor('ffn_gate', feedForwardWidth, width),
      up: tensor('ffn_up', feedForwardWidth, width),
      down: tensor('ffn_down', width, feedForwardWidth),
    };
  },

  outputTensors: ({ width, vocabularySize }, tied) => ({
    norm: { name: 'output_norm.weight', shape: [width] },
    output: { name: tied ? 'token_embd.weight' : 'output.weight', shape: [vocabularySize, width] },
  }),

  encodeLayer({ epsilon, rope, headSize }, e, w, x, { layer, spans }) {
    const h = e.rmsNorm(x, w.attnNorm, epsilon);
    const q = e.rope(e.matmul(w.q, h), spans, rope);
    const k = e.rope(e.matmul(w.k, h), spans, rope);
    const a = e.attention(q, k, e.matmul(w.v, h), spans, { layer, scale: 1 / Math.sqrt(headSize) });
    const y = e.add(x, e.matmul(w.attnOut, a));
    const g = e.rmsNorm(y, w.ffnNorm, epsilon);
    return e.add(y, e.matmul(w.down, e.gated(e.matmul(w.gate, g), e.matmul(w.up, g), 'silu')));
  },

  encodeOutput: ({ epsilon }, e, w, x) => e.matmul(w.output, e.rmsNorm(x, w.norm, epsilon)),
};
