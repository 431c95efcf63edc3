export { quantizations } from './quantizations.ts';
export type { Mixture, Quantization, QuantizationName } from './quantizations.ts';
export { quantizeGguf } from './quantize.ts';
export type { QuantizedGguf, QuantizeOptions } from './quantize.ts';
export { fileTypeOf, tensorType } from './tensor-type.ts';
