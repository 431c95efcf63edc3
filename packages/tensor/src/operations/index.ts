// The operations that backends run, and the encoder's methods for these operations. A new operation needs a file here, a line
// in `all.ts`, and a kernel for each backend.
import type { Shape, Tensor, Weight } from '../tensors.ts';
import * as operations from './all.ts';
import type { TestedOperation } from './operation.ts';

/** All operations, by name. */
export type Operations = typeof operations;

/** The name of an operation. */
export type OperationKind = keyof Operations;

/** An operation as data: its kind, and the arguments of the encoder's method by name. */
export type Operation = { [Kind in OperationKind]: OperationOf<Kind> }[OperationKind];

/** The operation of one kind as data. */
export type OperationOf<Kind extends OperationKind> = {
  readonly kind: Kind;
} & Readonly<ReturnType<Operations[Kind]['of']>>;

/** A method for each operation: records the operation, and returns its result. @throws RondoError `BAD_SHAPE` */
export type OperationMethods = {
  [Kind in OperationKind]: (...args: Parameters<Operations[Kind]['of']>) => Tensor;
};

const table: Readonly<Record<OperationKind, unknown>> = { ...operations };

/** The names of all operations. */
export const operationKinds = Object.keys(table) as readonly OperationKind[];

/** The definition of a kind of operation, for code that treats all kinds in the same way. */
export function definitionOf(
  kind: OperationKind,
): TestedOperation<(...args: readonly unknown[]) => Operation> {
  return table[kind] as unknown as TestedOperation<(...args: readonly unknown[]) => Operation>;
}

/** The weight that an operation reads; undefined for an operation without a weight. */
export function weightOf(operation: Operation): Weight | undefined {
  return 'weight' in operation ? operation.weight : undefined;
}

/**
 * The methods of an encoder that records operations with `note`. `note` gets an operation, whose operands have been checked,
 * and the shape of its result.
 */
export function operationMethods(note: (operation: Operation, shape: Shape) => Tensor): OperationMethods {
  return methodsBy((kind, args) => {
    const { of, shape } = definitionOf(kind);
    const operation = { ...of(...args), kind } as Operation;
    return note(operation, shape(operation));
  });
}

/** The methods of an encoder, wrapped: `around` gets the weight of the operation and calls the method with `encode`. */
export function wrappedMethods(
  methods: OperationMethods,
  around: (weight: Weight | undefined, encode: () => Tensor) => Tensor,
): OperationMethods {
  return methodsBy((kind, args) => {
    const { weight } = definitionOf(kind).of(...args) as { readonly weight?: Weight };
    return around(weight, () => (methods[kind] as (...given: readonly unknown[]) => Tensor)(...args));
  });
}

function methodsBy(call: (kind: OperationKind, args: readonly unknown[]) => Tensor): OperationMethods {
  const methods = operationKinds.map((kind) => [kind, (...args: readonly unknown[]) => call(kind, args)]);
  return Object.fromEntries(methods) as OperationMethods;
}
