// Per-layer embeddings: a second table of embeddings has a part for each layer. Each layer computes an addend from its part of
// the tokens' rows. Source: Gemma 3n; transformers, `modeling_gemma4.py`.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { linear, required, residual, rmsNorm, type LayerCode } from './layer-code.ts';
import { part, type LayerTensors } from './layer-tensors.ts';

/** The tensors of a layer's input, if the model has a second table. One tensor holds the projections of all layers. */
export function layerInputTensors(t: LayerTensors): Tensors {
  const { layerRows, layers, width } = t.config;
  if (!layerRows) return {};
  const rows = layerRows.width;
  const projection = { name: 'per_layer_model_proj.weight', shape: [rows, width] };
  return {
    inputGate: t.weight('inp_gate', rows, width),
    inputProjection: part(projection, t.index * rows, layers.length * rows),
    inputNorm: { name: 'per_layer_proj_norm.weight', shape: [rows] },
    inputOut: t.weight('proj', width, rows),
    inputPostNorm: t.weight('post_norm', width),
  };
}

/** x `[tokens, width]` plus the addend from the layer's input; x unchanged if the model has no second table. */
export function withLayerInput(code: LayerCode, w: Weights, x: Tensor): Tensor {
  const { e, config, inputs } = code;
  if (!inputs) return x;
  // The product should be divided by the square root of the width. Its norm is the same without the division if epsilon is
  // multiplied by the width.
  const product = e.matmul(required(w, 'inputProjection'), inputs.embeddings);
  const projected = e.rmsNorm(product, required(w, 'inputNorm'), config.epsilon * config.width);
  const input = e.scale(e.add(projected, inputs.rows), Math.SQRT1_2);
  const gated = e.gated(linear(code, w, 'inputGate', x), input, 'gelu');
  return residual(code, x, rmsNorm(code, w, 'inputPostNorm', linear(code, w, 'inputOut', gated)));
}
