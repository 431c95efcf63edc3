// All tensors of a layer: its own, those of its experts, and those around them.
import type { Architecture, FileTensors, ModelConfig, TensorSpec } from './architecture.ts';

/** The tensors of a layer with their roles; those of experts are whole, `[experts, out, in]`. */
export function layerSpecs(
  { layerTensors, experts }: Pick<Architecture, 'layerTensors' | 'experts'>,
  config: ModelConfig,
  layer: number,
  file: FileTensors,
): [role: string, spec: TensorSpec][] {
  return [
    layerTensors(config, layer, file),
    experts?.around?.before(config, layer, file) ?? {},
    experts?.tensors(config, layer, file) ?? {},
    experts?.around?.after(config, layer, file) ?? {},
  ].flatMap((tensors) => Object.entries(tensors));
}
