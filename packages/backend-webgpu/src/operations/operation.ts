// The types of operations with their operands: as an encoder notes them, and as they run after `fuse.ts`.
import { definitionOf, type GatedForm, type OperationKind, type OperationOf, type Rope } from '@rondo/tensor';
import type { Tensor, Weight } from '@rondo/tensor';
import type { Dispatch, LoweringContext } from '../dispatch.ts';
import type { GpuTensor, GpuWeight, Region } from '../gpu-tensors.ts';

/** The type of an operation's field on this backend. */
type OnGpu<Field> = Field extends Weight ? GpuWeight : Field extends Tensor ? GpuTensor : Field;

/** An operation that gives one result. */
type Noted<Kind extends OperationKind> = {
  readonly [Name in keyof OperationOf<Kind>]: OnGpu<OperationOf<Kind>[Name]>;
} & { readonly out: GpuTensor };

/** Operations that fusion or noting extends. */
interface Extended {
  /** `residual` is added to the result. */
  rmsNorm: Noted<'rmsNorm'> & { readonly residual?: GpuTensor };
  matmul: MatmulOperation;
  /** With a rotation, q and k are rotated first. */
  attention: Noted<'attention'> & {
    readonly rotation?: { readonly rope: Rope; readonly rotated: GpuTensor };
  };
  /** Room for candidates from parts of the rows, if the rows are long. */
  topK: Noted<'topK'> & { readonly candidates?: Region };
}

/** One of `count` groups of an input's columns, and the rows of the weight that multiply this group. */
export interface ProductGroup {
  readonly index: number;
  readonly count: number;
  readonly rows: { readonly start: number; readonly end: number };
}

/** Products of one input, optionally plus biases and a residual. With a form: the two products become one gated result. */
export interface MatmulOperation {
  readonly kind: 'matmul';
  readonly x: GpuTensor;
  readonly weights: readonly GpuWeight[];
  readonly form?: GatedForm;
  /** One bias for each weight, in the buffer of the weights. */
  readonly biases?: readonly GpuWeight[];
  readonly residual?: GpuTensor;
  /** For a product with a part of a matrix: the part's first row in the result. Other products complete the result. */
  readonly firstRow?: number;
  /** For a product with one group of x's columns; see `groupedMatmul`. */
  readonly group?: ProductGroup;
  /** One result for each weight; with a form, one result in total. */
  readonly outs: readonly GpuTensor[];
}

/** Copies x into a persistent tensor. */
export interface CopyOperation {
  readonly kind: 'copy';
  readonly x: GpuTensor;
  readonly out: GpuTensor;
}

/** The operation of one kind as run. */
export type GpuOperation<Kind extends OperationKind | 'copy'> = Kind extends keyof Extended
  ? Extended[Kind]
  : Kind extends OperationKind
    ? Noted<Kind>
    : CopyOperation;

/** Any operation. */
export type Operation = { [Kind in Run]: GpuOperation<Kind> }[Run];

/** The kinds of operations that are run; `groupedMatmul` is noted as products of single groups. */
export type Run = Exclude<OperationKind, 'groupedMatmul'> | 'copy';

/** The dispatches of an operation, in order. */
export type Lowering<Kind extends OperationKind | 'copy'> = (
  operation: GpuOperation<Kind>,
  context: LoweringContext,
) => readonly Dispatch[];

/** The weight of an operation as noted. */
export function weightOf(operation: Operation): GpuWeight | undefined {
  if ('weights' in operation) return operation.weights[0];
  return 'weight' in operation ? operation.weight : undefined;
}

/** The noted operation with another weight. */
export function withWeight(operation: Operation, weight: GpuWeight): Operation {
  if ('weights' in operation) return { ...operation, weights: [weight] };
  return 'weight' in operation ? { ...operation, weight } : operation;
}

/** Activations that an operation reads; a region that is read twice appears twice. */
export function readsOf(operation: Operation): readonly Region[] {
  const tensors =
    operation.kind === 'copy'
      ? [operation.x]
      : (definitionOf(operation.kind).reads(operation as never) as readonly GpuTensor[]);
  const residual = 'residual' in operation ? operation.residual : undefined;
  return [...tensors, ...(residual ? [residual] : [])].map(({ region }) => region);
}

/** Activations that an operation writes, including intermediate results. */
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
