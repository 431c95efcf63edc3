// Mamba-2, in place of attention: each head has a state that every token changes. Source: Dao & Gu 2024, arXiv:2405.21060.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { linear, mambaOf, required, type LayerCode } from './layer-code.ts';
import { part, reshaped, type LayerTensors } from './layer-tensors.ts';

/**
 * The tensors of a layer's Mamba-2, in the order of their use. One matrix holds the parts for the gate z, x, B, C and the time
 * steps.
 */
export function mambaTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const { heads, headSize, groups, stateSize, window } = mambaOf(t.layer);
  const [inner, ofGroups] = [heads * headSize, groups * stateSize];
  const channels = inner + 2 * ofGroups;
  const input = (firstRow: number, rows: number) =>
    part(t.weight('ssm_in', rows, width), firstRow, inner + channels + heads);
  const convolution = (role: string, firstRow: number, rows: number): Tensors => ({
    [role]: input(inner + firstRow, rows),
    [`${role}Filter`]: part(t.weight('ssm_conv1d', rows, window), firstRow, channels),
    ...t.optional(`${role}FilterBias`, part(t.bias('ssm_conv1d', rows), firstRow, channels)),
  });
  return {
    ...convolution('scanX', 0, inner),
    ...convolution('scanB', inner, ofGroups),
    ...convolution('scanC', inner + ofGroups, ofGroups),
    scanStep: input(inner + channels, heads),
    scanStepBias: t.bias('ssm_dt', heads),
    decay: reshaped(t.named('ssm_a', heads, 1), heads),
    skip: reshaped(t.named('ssm_d', heads, 1), heads),
    scanZ: input(0, inner),
    scanNorm: reshaped(t.weight('ssm_norm', groups, inner / groups), inner),
    scanOut: t.weight('ssm_out', width, inner),
  };
}

/** The Mamba-2 of a layer over the normalized input h `[tokens, width]`. Each group of its result is normalized on its own. */
export function mamba(code: LayerCode, w: Weights, h: Tensor): Tensor {
  const { e, config, layer, index, spans } = code;
  const { heads, headSize, groups, stateSize } = mambaOf(layer);
  const convolved = (role: string, state: number) => {
    const sums = e.convolve(linear(code, w, role, h), required(w, `${role}Filter`), spans, {
      layer: index,
      state,
    });
    const bias = w[`${role}FilterBias`];
    return e.activate(bias ? e.addRow(sums, bias) : sums, 'silu');
  };
  const x = convolved('scanX', 0);
  const b = convolved('scanB', 1);
  const c = convolved('scanC', 2);
  const step = e.activate(linear(code, w, 'scanStep', h), 'softplus');
  const scanned = e.selectiveScan(
    c,
    b,
    x,
    e.mulRow(step, required(w, 'decay')),
    step,
    required(w, 'skip'),
    spans,
    { layer: index, state: 3, stateSize },
  );
  const gated = e.gated(linear(code, w, 'scanZ', h), scanned, 'silu');
  const normal = e.rmsNorm(gated, undefined, config.epsilon, (heads * headSize) / groups);
  return linear(code, w, 'scanOut', e.mulRow(normal, required(w, 'scanNorm')));
}
