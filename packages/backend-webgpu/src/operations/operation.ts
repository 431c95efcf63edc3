// Operations as they are noted and, after `fuse.ts`, as they are run: what each works on. No shaders here.
import {
  definitionOf,
  type Activation,
  type OperationKind,
  type OperationOf,
  type Rope,
} from '@rondo/tensor';
import type { Tensor, Weight } from '@rondo/tensor';
import type { Dispatch, LoweringContext } from '../dispatch.ts';
import type { GpuTensor, GpuWeight, Region } from '../gpu-tensors.ts';

/** The field of an operation on this backend. */
type OnGpu<Field> = Field extends Weight ? GpuWeight : Field extends Tensor ? GpuTensor : Field;

/** An operation that gives one result. */
type Noted<Kind extends OperationKind> = {
  readonly [Name in keyof OperationOf<Kind>]: OnGpu<OperationOf<Kind>[Name]>;
} & { readonly out: GpuTensor };

/** What fusion and noting add to operations, or make of them. */
interface Extended {
  /** Plus a residual. */
  rmsNorm: Noted<'rmsNorm'> & { readonly residual?: GpuTensor };
  matmul: MatmulOperation;
  /** With a rotation, q and k are rotated first. */
  attention: Noted<'attention'> & {
    readonly rotation?: { readonly rope: Rope; readonly rotated: GpuTensor };
  };
  /** Candidates from parts of the rows, if the rows are long. */
  topK: Noted<'topK'> & { readonly candidates?: Region };
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

/** x into a tensor that stays. */
export interface CopyOperation {
  readonly kind: 'copy';
  readonly x: GpuTensor;
  readonly out: GpuTensor;
}

/** The operation of one kind as it is run. */
export type GpuOperation<Kind extends OperationKind | 'copy'> = Kind extends keyof Extended
  ? Extended[Kind]
  : Kind extends OperationKind
    ? Noted<Kind>
    : CopyOperation;

/** Any operation. */
export type Operation = { [Kind in OperationKind | 'copy']: GpuOperation<Kind> }[OperationKind | 'copy'];

/** The dispatches of an operation, in order. */
export type Lowering<Kind extends OperationKind | 'copy'> = (
  operation: GpuOperation<Kind>,
  context: LoweringContext,
) => readonly Dispatch[];

/** The weight of an operation as it was noted. */
export function weightOf(operation: Operation): GpuWeight | undefined {
  if ('weights' in operation) return operation.weights[0];
  return 'weight' in operation ? operation.weight : undefined;
}

/** The noted operation with another weight. */
export function withWeight(operation: Operation, weight: GpuWeight): Operation {
  if ('weights' in operation) return { ...operation, weights: [weight] };
  return 'weight' in operation ? { ...operation, weight } : operation;
}

/** Activations that an operation reads, once for each time. */
export function readsOf(operation: Operation): readonly Region[] {
  const tensors =
    operation.kind === 'copy'
      ? [operation.x]
      : (definitionOf(operation.kind).reads(operation as never) as readonly GpuTensor[]);
  const residual = 'residual' in operation ? operation.residual : undefined;
  return [...tensors, ...(residual ? [residual] : [])].map(({ region }) => region);
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
