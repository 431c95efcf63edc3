export { checkIsModel } from './check-kind.ts';
export { architectureOf, architectures } from './registry.ts';
export { layerSpecs } from './layer-specs.ts';
export { wholeShape } from './blocks/layer-tensors.ts';
export { checkAllTensorsUsed, ROPE_FACTORS } from './unused-tensors.ts';
export type {
  Architecture,
  ExpertLayers,
  FileTensors,
  LayerInputs,
  LayerPlace,
  LayerSpec,
  ModelConfig,
  Tensors,
  TensorSpec,
  Weights,
} from './architecture.ts';
