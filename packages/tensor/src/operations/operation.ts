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
   * The operation as data: the arguments of the encoder's method as named fields. An operation has at most one weight, in the
   * field `weight`.
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
  /** The result in double precision. This result defines the operation, and every backend is compared with it. */
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
   * Reads a recurrent state of `values` values before a span, and stores the state after the span. `through` gets the state
   * before the span and must not change it. `through` returns a function: given a number of tokens n, it returns the state
   * after the first n tokens of the span.
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
  /** Whether benchmarks time the case. Its sizes are then the sizes of one token in a model of a billion weights. */
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
