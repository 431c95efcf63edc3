// Operations as they are noted and, after `fuse.ts`, as they are run: what each works on. No shaders here.
import type { Activation, AttentionOptions, AttentionSpan, Rope, Span } from '@rondo/tensor';
import type { GpuTensor, GpuWeight, Region } from './gpu-tensors.ts';
import type { MapFunction } from './kernels/elementwise.ts';

/** x / sqrt(mean(x²) + epsilon) (* weight) (+ residual), for each group of `size` values. */
export interface RmsNormOperation {
  readonly kind: 'rmsNorm';
  readonly x: GpuTensor;
  readonly weight?: GpuWeight | undefined;
  readonly size: number;
  readonly epsilon: number;
  readonly residual?: GpuTensor;
  readonly out: GpuTensor;
}

/** (x - mean) / sqrt(variance + epsilon) * weight. */
export interface LayerNormOperation {
  readonly kind: 'layerNorm';
  readonly x: GpuTensor;
  readonly weight: GpuWeight;
  readonly epsilon: number;
  readonly out: GpuTensor;
}

/** Products of one input (+ biases, + residual); with an activation, of gate and up, and one result. */
export interface MatmulOperation {
  readonly kind: 'matmul';
  readonly x: GpuTensor;
  readonly weights: readonly GpuWeight[];
  readonly activation?: Activation;
  /** One for each weight, in the buffer of the weights. */
  readonly biases?: readonly GpuWeight[];
  readonly residual?: GpuTensor;
  /** Of a product with a part of a matrix: where the part's rows begin in the result, which other products complete. */
  readonly firstRow?: number;
  /** One for each weight; one in all with an activation. */
  readonly outs: readonly GpuTensor[];
}

/** Rotation by position. */
export interface RopeOperation {
  readonly kind: 'rope';
  readonly x: GpuTensor;
  readonly spans: readonly Span[];
  readonly rope: Rope;
  readonly out: GpuTensor;
}

/** Storing of k and v where there are any, and attention; with a rotation, q and k are rotated first. */
export interface AttentionOperation {
  readonly kind: 'attention';
  readonly q: GpuTensor;
  readonly added?: { readonly k: GpuTensor; readonly v: GpuTensor };
  readonly spans: readonly AttentionSpan[];
  readonly options: AttentionOptions;
  readonly rotation?: { readonly rope: Rope; readonly rotated: GpuTensor };
  readonly out: GpuTensor;
}

/** a + b. */
export interface AddOperation {
  readonly kind: 'add';
  readonly a: GpuTensor;
  readonly b: GpuTensor;
  readonly out: GpuTensor;
}

/** x, and to each of its rows the weight. */
export interface AddRowOperation {
  readonly kind: 'addRow';
  readonly x: GpuTensor;
  readonly weight: GpuWeight;
  readonly out: GpuTensor;
}

/** A function of each value. */
export interface MapOperation {
  readonly kind: 'map';
  readonly a: GpuTensor;
  readonly name: MapFunction;
  /** Of `scale` and `softcap`. */
  readonly number?: number;
  readonly out: GpuTensor;
}

/** activation(a) b. */
export interface GatedOperation {
  readonly kind: 'gated';
  readonly a: GpuTensor;
  readonly b: GpuTensor;
  readonly activation: Activation;
  readonly out: GpuTensor;
}

/** The largest values of each row. */
export interface TopKOperation {
  readonly kind: 'topK';
  readonly x: GpuTensor;
  readonly count: number;
  /** Candidates from parts of the rows, where those are long. */
  readonly candidates?: Region;
  readonly out: GpuTensor;
}

/** Rows by their numbers. */
export interface GetRowsOperation {
  readonly kind: 'getRows';
  readonly x: GpuTensor;
  readonly rows: readonly number[];
  readonly out: GpuTensor;
}

/** Rows added to others. */
export interface ScatterAddOperation {
  readonly kind: 'scatterAdd';
  readonly x: GpuTensor;
  readonly addend: GpuTensor;
  readonly rows: readonly number[];
  readonly scales: readonly number[];
  readonly out: GpuTensor;
}

/** x into a tensor that stays. */
export interface CopyOperation {
  readonly kind: 'copy';
  readonly a: GpuTensor;
  readonly out: GpuTensor;
}

/** Operations that go over values one by one. */
export type ElementwiseOperation =
  | AddOperation
  | AddRowOperation
  | MapOperation
  | GatedOperation
  | GetRowsOperation
  | ScatterAddOperation
  | CopyOperation;

/** Any of them. */
export type Operation =
  | RmsNormOperation
  | LayerNormOperation
  | MatmulOperation
  | RopeOperation
  | AttentionOperation
  | TopKOperation
  | ElementwiseOperation;

/** The weight of an operation as it was noted. */
export function weightOf(operation: Operation): GpuWeight | undefined {
  if ('weight' in operation) return operation.weight;
  return 'weights' in operation ? operation.weights[0] : undefined;
}

/** The noted operation with another weight. */
export function withWeight(operation: Operation, weight: GpuWeight): Operation {
  if ('weight' in operation) return { ...operation, weight };
  return 'weights' in operation ? { ...operation, weights: [weight] } : operation;
}

/** Activations that an operation reads, once for each time. */
export function readsOf(operation: Operation): readonly Region[] {
  const tensors = (): readonly (GpuTensor | undefined)[] => {
    switch (operation.kind) {
      case 'rmsNorm':
      case 'matmul':
        return [operation.x, operation.residual];
      case 'attention':
        return [operation.q, operation.added?.k, operation.added?.v];
      case 'add':
      case 'gated':
        return [operation.a, operation.b];
      case 'copy':
      case 'map':
        return [operation.a];
      case 'scatterAdd':
        return [operation.x, operation.addend];
      case 'rope':
      case 'layerNorm':
      case 'addRow':
      case 'topK':
      case 'getRows':
        return [operation.x];
    }
  };
  return tensors().flatMap((tensor) => (tensor ? [tensor.region] : []));
}

/** Activations that an operation writes, those it uses on the way included. */
export function writesOf(operation: Operation): readonly Region[] {
  switch (operation.kind) {
    case 'matmul':
      return operation.outs.map(({ region }) => region);
    case 'attention':
      return [operation.out.region, ...(operation.rotation ? [operation.rotation.rotated.region] : [])];
    case 'topK':
      return [operation.out.region, ...(operation.candidates ? [operation.candidates] : [])];
    default:
      return [operation.out.region];
  }
}
