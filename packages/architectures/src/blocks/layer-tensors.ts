// The tensors of a layer, optional tensors included, by their names in GGUF files.
import type { Shape } from '@rondo/tensor';
import type { FileTensors, LayerSpec, ModelConfig, TensorSpec } from '../architecture.ts';

/** Gives the blocks of a layer the specs of their tensors. */
export interface LayerTensors {
  readonly config: ModelConfig;
  readonly layer: LayerSpec;
  readonly index: number;
  /** `blk.N.NAME.weight`. */
  weight(name: string, ...shape: number[]): TensorSpec;
  /** `blk.N.NAME`. */
  named(name: string, ...shape: number[]): TensorSpec;
  /** `blk.N.NAME.bias`. */
  bias(name: string, width: number): TensorSpec;
  /** The spec under `role` if the file has the tensor; else an empty object. */
  optional<Role extends string>(role: Role, spec: TensorSpec): { readonly [_ in Role]?: TensorSpec };
  /** Whether the file has `blk.N.NAME.weight`. */
  has(name: string): boolean;
}

/** The tensors of the layer with this index. */
export function layerTensors(config: ModelConfig, index: number, file: FileTensors): LayerTensors {
  const layer = config.layers[index];
  if (!layer) throw new RangeError(`There is no layer ${index}.`);
  const named = (name: string, ...shape: number[]): TensorSpec => ({ name: `blk.${index}.${name}`, shape });
  const weight = (name: string, ...shape: number[]): TensorSpec => ({
    name: `blk.${index}.${name}.weight`,
    shape,
  });
  return {
    config,
    layer,
    index,
    weight,
    named,
    bias: (name, width) => named(`${name}.bias`, width),
    optional: (role, spec) =>
      (file.has(spec.name) ? { [role]: spec } : {}) as { readonly [_ in typeof role]?: TensorSpec },
    has: (name) => file.has(weight(name).name),
  };
}

/** The rows of a tensor with `rows` rows that start at `firstRow`; the shape of `spec` gives their number. */
export function part(spec: TensorSpec, firstRow: number, rows: number): TensorSpec {
  return { ...spec, partOf: { firstRow, rows } };
}

/** The values of a tensor in another shape than in the file. */
export function reshaped(spec: TensorSpec, ...shape: number[]): TensorSpec {
  return { ...spec, shape, fileShape: spec.shape };
}

/** The shape of the tensor in the file, even if the spec is only a part. */
export function wholeShape({ shape, partOf, fileShape }: TensorSpec): Shape {
  if (!partOf) return fileShape ?? shape;
  const [first = 1, ...rest] = shape;
  return shape.length > 2 ? [first, partOf.rows, ...rest.slice(1)] : [partOf.rows, ...rest];
}

/** A tensor whose values the host uses. */
export function onHost(spec: TensorSpec): TensorSpec {
  return { ...spec, onHost: true };
}
