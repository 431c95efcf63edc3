// The definition of an operation: its arguments as data, the operands it reads, the shape and the meaning of its result, and
// its cases.
import type { DType } from '../dtype.ts';
import type { AttentionSpan, KvCache, StateIndex } from '../kv-cache.ts';
import type { PersistentTensor, Shape, Tensor, Weight } from '../tensors.ts';

/** The arguments of an encoder's method as named fields. */
export type Naming = (...args: never) => object;

/** One operation. Its name is the name under which `all.ts` exports it. */
export interface OperationDefinition<Of extends Naming> {
  /**
   * The operation as data: the arguments of the encoder's method as named fields. A weight, at most one, is the field
   * `weight`.
   */
  readonly of: Of;
  /** The activations that the operation reads. */
  reads(operation: ReturnType<Of>): readonly Tensor[];
  /**
   * The shape of the result.
   *
   * @throws RondoError `BAD_SHAPE` for operands that do not fit each other; an operation may name further codes
   */
  shape(operation: ReturnType<Of>): Shape;
  /** The result in double precision. It defines the operation, and every backend is compared with this result. */
  compute(operation: ReturnType<Of>, given: GivenValues): Float64Array;
}

/** An operation with its cases. */
export interface TestedOperation<Of extends Naming> extends OperationDefinition<Of> {
  /** Arguments with which every backend is compared with `compute`. */
  readonly cases: readonly OperationCase<Parameters<Of>>[];
}

/** The values of an operation's operands. */
export interface GivenValues {
  /** The values of an activation. */
  values(tensor: Tensor): Float64Array;
  /** The values of the operation's weight; `[]` for an operation without a weight. */
  readonly weight: Float32Array;
  /** The keys and values that a cache holds for a layer. */
  stored(cache: KvCache, layer: number): StoredKeysAndValues;
  /**
   * Carries a recurrent state of `values` values over a span. `through` gets the state before the span, which it must not
   * change. `through` returns a function that gives the state after any number of the span's tokens.
   */
  carry(
    span: AttentionSpan,
    state: StateIndex,
    values: number,
    through: (before: Float64Array) => (tokens: number) => Float64Array,
  ): void;
}

/** Keys and values by position and head. */
export interface StoredKeysAndValues {
  readonly keys: Float64Array[][];
  readonly values: Float64Array[][];
}

/** One set of arguments of an operation. */
export interface OperationCase<Arguments extends readonly unknown[]> {
  /** The special property of the arguments. */
  readonly name: string;
  /** The largest allowed ‖result - computed‖ / ‖computed‖. Default: 1e-5, for float32 sums in another order. */
  readonly tolerance?: number;
  /** Whether benchmarks time the case: its sizes are the sizes of one token in a model of a billion weights. */
  readonly isTimed?: boolean;
  /** The arguments of the encoder's method, with operands made by `on`. */
  readonly arguments: (on: CaseOperands) => Arguments;
}

/** Makes the operands of a case: the same values on every backend. */
export interface CaseOperands {
  /** A tensor of random values, the first of which are replaced by `first`. */
  input(shape: Shape, first?: readonly number[]): PersistentTensor;
  /** A random weight in a slot. */
  weight(dtype: DType, shape: Shape): Weight;
  /** A cache whose only layer has recurrent states; `values` gives the number of values of each state. */
  states(values: readonly number[]): KvCache;
}

/** Defines an operation; `withCases` adds lists of its cases. The parameters of `of` are the arguments of the operation. */
export function defineOperation<Of extends Naming>(definition: OperationDefinition<Of>) {
  return {
    withCases: (...lists: readonly (readonly OperationCase<Parameters<Of>>[])[]): TestedOperation<Of> => ({
      ...definition,
      cases: lists.flat(),
    }),
  };
}

/** The value at an index; NaN outside of the list, so that a wrong index is seen in the result. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
