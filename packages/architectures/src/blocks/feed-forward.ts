// Feed-forward networks.
import type { Activation, GatedForm, Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { linear, type LayerCode } from './layer-code.ts';
import { part, type LayerTensors } from './layer-tensors.ts';

/** The tensors of a gated network. */
export function gatedTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const { feedForwardWidth } = t.layer;
  return {
    gate: t.weight('ffn_gate', feedForwardWidth, width),
    up: t.weight('ffn_up', feedForwardWidth, width),
    down: t.weight('ffn_down', width, feedForwardWidth),
  };
}

/** The tensors of a gated network with gate and up joined in one matrix, the gate's rows first. */
export function joinedGatedTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const { feedForwardWidth: rows } = t.layer;
  const joined = t.weight('ffn_up', rows, width);
  return {
    gate: part(joined, 0, 2 * rows),
    up: part(joined, rows, 2 * rows),
    down: t.weight('ffn_down', width, rows),
  };
}

/** The tensors of a network without a gate. */
export function plainTensors(t: LayerTensors): Tensors {
  const { up, down } = gatedTensors(t);
  return { ...(up && { up }), ...(down && { down }) };
}

/** The biases of a network that the file has. */
export function feedForwardBiases(t: LayerTensors): Tensors {
  const { feedForwardWidth } = t.layer;
  return {
    ...t.optional('gateBias', t.bias('ffn_gate', feedForwardWidth)),
    ...t.optional('upBias', t.bias('ffn_up', feedForwardWidth)),
    ...t.optional('downBias', t.bias('ffn_down', t.config.width)),
  };
}

/** `down(gated(gate x, up x))`: SwiGLU and GeGLU, Shazeer 2020, arXiv:2002.05202, and other forms of gates. */
export function gatedFeedForward(
  code: Pick<LayerCode, 'e' | 'scales'>,
  w: Weights,
  x: Tensor,
  form: GatedForm,
): Tensor {
  const gate = linear(code, w, 'gate', x);
  return linear(code, w, 'down', code.e.gated(gate, linear(code, w, 'up', x), form));
}

/** `down(activation(up x))`. */
export function plainFeedForward(
  code: Pick<LayerCode, 'e' | 'scales'>,
  w: Weights,
  x: Tensor,
  activation: Activation,
): Tensor {
  return linear(code, w, 'down', code.e.activate(linear(code, w, 'up', x), activation));
}
