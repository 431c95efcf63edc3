// Finds the MTP block in a configuration.
import type { ModelConfig } from './architecture.ts';

/** The index of the MTP block among the layers; undefined if the configuration has no MTP block. */
export function mtpLayerOf({ layers }: Pick<ModelConfig, 'layers'>): number | undefined {
  return layers.at(-1)?.predicts ? layers.length - 1 : undefined;
}
