export { checkIsModel } from './check-kind.ts';
export { architectureOf, architectures } from './registry.ts';
export { expertsOfLayer, layerSpecs } from './layer-specs.ts';
export { expertScalesOf, type Scales } from './matrix-scales.ts';
export { chooseExperts, type ExpertShare, type Routing } from './routing.ts';
export { wholeShape } from './blocks/layer-tensors.ts';
export { checkAllTensorsUsed, ROPE_FACTORS } from './unused-tensors.ts';
export { attentionLayers } from './attention-layers.ts';
export { mtpLayerOf } from './mtp-layer.ts';
export type {
  Architecture,
  AroundExperts,
  AttentionLayer,
  ConfigOptions,
  DeltaNet,
  ExpertLayers,
  FeedForwardLayer,
  FileTensors,
  LatentAttention,
  LayerInputs,
  LayerPlace,
  LayerRows,
  LayerSpec,
  Mamba,
  ModelConfig,
  RecurrentLayer,
  Tensors,
  TensorSpec,
  Weights,
} from './architecture.ts';
