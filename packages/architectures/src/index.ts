export { checkIsModel } from './check-kind.ts';
export { architectureOf, architectures } from './registry.ts';
export { checkAllTensorsUsed, ROPE_FACTORS } from './unused-tensors.ts';
export { attentionLayers } from './attention-layers.ts';
export type {
  Architecture,
  AttentionLayer,
  DeltaNet,
  ExpertLayers,
  FileTensors,
  LayerPlace,
  LayerSpec,
  ModelConfig,
  RecurrentLayer,
  Tensors,
  TensorSpec,
  Weights,
} from './architecture.ts';
