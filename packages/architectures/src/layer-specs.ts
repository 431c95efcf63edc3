// All tensors of a layer: its own tensors, the tensors of its experts, and the tensors used before and after the experts.
import type { Architecture, FileTensors, ModelConfig, TensorSpec } from './architecture.ts';

/** The tensors of a layer with their roles; the tensors of experts are whole, `[experts, out, in]`. */
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
