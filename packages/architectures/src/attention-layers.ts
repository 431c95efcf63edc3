import type { AttentionLayer, ModelConfig } from './architecture.ts';

/** The layers of a model that have attention, in their order. */
export function attentionLayers({ layers }: Pick<ModelConfig, 'layers'>): readonly AttentionLayer[] {
  return layers.filter((layer) => layer.kind === 'attention');
}
