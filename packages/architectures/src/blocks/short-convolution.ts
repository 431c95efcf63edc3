// A short convolution between two gates, in place of attention: C · convolution(B · x), where B, C and x are products with the
// input. Source: Liquid AI 2025, LFM2 technical report, arXiv:2511.23404.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { convolutionWindowOf, linear, required, type LayerCode } from './layer-code.ts';
import { part, type LayerTensors } from './layer-tensors.ts';

/** The tensors of a layer's short convolution, in the order of their use. B, C and x are parts of one matrix. */
export function shortConvolutionTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const window = convolutionWindowOf(t.layer);
  const input = (index: number) =>
    part(t.weight('shortconv.in_proj', width, width), index * width, 3 * width);
  return {
    shortB: input(0),
    shortX: input(2),
    shortFilter: t.weight('shortconv.conv', width, window),
    shortC: input(1),
    shortOut: t.weight('shortconv.out_proj', width, width),
  };
}

/** The short convolution of a layer over the normalized input h `[tokens, width]`. */
export function shortConvolution(code: LayerCode, w: Weights, h: Tensor): Tensor {
  const { e, index, spans } = code;
  const product = (role: string) => linear(code, w, role, h);
  const input = e.gated(product('shortB'), product('shortX'), 'identity');
  const convolved = e.convolve(input, required(w, 'shortFilter'), spans, { layer: index, state: 0 });
  return linear(code, w, 'shortOut', e.gated(product('shortC'), convolved, 'identity'));
}
