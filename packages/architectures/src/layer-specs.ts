// All tensors of a layer: its own tensors, the tensors of its experts, and the tensors used before and after the experts.
import type { Architecture, ExpertLayers, FileTensors, ModelConfig, TensorSpec } from './architecture.ts';

/** The experts of a layer; undefined for a layer without experts. */
export function expertsOfLayer(
  { experts }: Pick<Architecture, 'experts'>,
  config: ModelConfig,
  layer: number,
): ExpertLayers | undefined {
  return config.layers[layer]?.hasExperts === false ? undefined : experts;
}

/** The tensors of a layer with their roles; the tensors of experts are whole, `[experts, out, in]`. */
export function layerSpecs(
  architecture: Pick<Architecture, 'layerTensors' | 'experts'>,
  config: ModelConfig,
  layer: number,
  file: FileTensors,
): [role: string, spec: TensorSpec][] {
  const experts = expertsOfLayer(architecture, config, layer);
  return [
    architecture.layerTensors(config, layer, file),
    experts?.around?.before(config, layer, file) ?? {},
    experts?.tensors(config, layer, file) ?? {},
    experts?.around?.after(config, layer, file) ?? {},
  ].flatMap((tensors) => Object.entries(tensors));
}
