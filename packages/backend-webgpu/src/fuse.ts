// Fuses noted operations: a layer of a Llama takes 8 dispatches instead of 17. An operation is fused into the operation that
// uses its result only if no other operation reads the result.
import { sizes, type AttentionSpan } from '@rondo/tensor';
import { isWhole, type GpuKvCache, type GpuTensor, type GpuWeight, type Region } from './gpu-tensors.ts';
import { MAX_PARTS } from './kernels/matmul.ts';
import {
  readsOf,
  writesOf,
  type GpuOperation,
  type MatmulOperation,
  type Operation,
} from './operations/operation.ts';

/** Whether operations after the list read this region. */
export type ReadLater = (region: Region) => boolean;

/** A function that rewrites the list of operations. */
type Pass = (operations: readonly Operation[], isReadLater: ReadLater) => readonly Operation[];

/** The operations to run. */
export function fuse(operations: readonly Operation[], isReadLater: ReadLater): readonly Operation[] {
  return [gateWithUp, biases, residuals, neighbours, rotations, copies].reduce(
    (list, pass) => pass(list, isReadLater),
    operations,
  );
}

/** Functions with which a pass examines the list. */
function view(operations: readonly Operation[], isReadLater: ReadLater) {
  const readers = new Map<Region, number>();
  const producers = new Map<Region, number>();
  for (const [index, operation] of operations.entries()) {
    for (const region of readsOf(operation)) readers.set(region, (readers.get(region) ?? 0) + 1);
    for (const region of writesOf(operation)) producers.set(region, index);
  }
  /** Whether the operations between `from` and `to` leave the inputs of `operation` unchanged. */
  function isUnchanged(operation: Operation, from: number, to: number): boolean {
    const inputs = new Set(readsOf(operation));
    return !operations
      .slice(from + 1, to)
      .some((between) => writesOf(between).some((region) => inputs.has(region)));
  }
  return {
    isUnchanged,
    /** The operation whose whole result is `tensor`, if only the operation at `user` reads it, and if it can run at `user`. */
    privateProducer(tensor: GpuTensor, user: number): { operation: Operation; index: number } | undefined {
      const index = producers.get(tensor.region);
      const operation = index === undefined ? undefined : operations[index];
      if (index === undefined || !operation || index >= user || isPartial(operation)) return undefined;
      if (tensor.region.buffer || !isWhole(tensor) || isReadLater(tensor.region)) return undefined;
      return readers.get(tensor.region) === 1 && isUnchanged(operation, index, user)
        ? { operation, index }
        : undefined;
    },
  };
}

/** Replaces operations by index; undefined removes the operation. */
function replace(
  operations: readonly Operation[],
  changes: ReadonlyMap<number, Operation | undefined>,
): readonly Operation[] {
  return operations.flatMap((operation, index) => {
    const now = changes.has(index) ? changes.get(index) : operation;
    return now ? [now] : [];
  });
}

const isPartial = (operation: Operation) => operation.kind === 'matmul' && operation.firstRow !== undefined;

const isPlain = (operation: Operation | undefined): operation is MatmulOperation =>
  operation?.kind === 'matmul' &&
  !isPartial(operation) &&
  operation.weights.length === 1 &&
  operation.form === undefined &&
  operation.residual === undefined;

const sameTensor = (a: GpuTensor, b: GpuTensor) =>
  a.region === b.region && a.start === b.start && a.shape.join() === b.shape.join();

/** Whether all weights lie whole in the same buffer. Also true for weights without buffers, which only measure a pass. */
function lieTogether(weights: readonly GpuWeight[]): boolean {
  const ids = weights.flatMap(({ buffers = [] }) => buffers.map(({ buffer }) => buffer.id));
  return weights.every(({ buffers }) => (buffers?.length ?? 1) === 1) && new Set(ids).size <= 1;
}

/** Fuses the products with gate and up, and the gate operation, into one operation. */
const gateWithUp: Pass = (operations, isReadLater) => {
  const { privateProducer } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'gated' || sizes(operation.gate)[1] !== sizes(operation.up)[1]) continue;
    const gate = privateProducer(operation.gate, index);
    const up = privateProducer(operation.up, index);
    if (!gate || !up || !isPlain(gate.operation) || !isPlain(up.operation)) continue;
    const weights = [...gate.operation.weights, ...up.operation.weights];
    const [first, second] = weights;
    if (
      first?.dtype !== second?.dtype ||
      !sameTensor(gate.operation.x, up.operation.x) ||
      !lieTogether(weights)
    )
      continue;
    changes.set(gate.index, undefined);
    changes.set(up.index, undefined);
    const { form, out } = operation;
    changes.set(index, { kind: 'matmul', x: gate.operation.x, weights, form, outs: [out] });
  }
  return replace(operations, changes);
};

/**
 * Fuses a bias into its product, if bias and weight lie in one buffer. A norm's bias is not fused. A device may compute the
 * norm's last multiplication and the addition of the bias as one fused multiply-add, which has other bits; then the bits would
 * depend on whether the bias was loaded in time to be fused.
 */
const biases: Pass = (operations, isReadLater) => {
  const { privateProducer } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'addRow') continue;
    const { x, weight: bias, out } = operation;
    const producer = privateProducer(x, index);
    if (!producer || !isPlain(producer.operation)) continue;
    if (!lieTogether([...producer.operation.weights, bias])) continue;
    changes.set(producer.index, undefined);
    changes.set(index, { ...producer.operation, biases: [bias], outs: [out] });
  }
  return replace(operations, changes);
};

/** Fuses the addition of a residual into the product or the norm before it. */
const residuals: Pass = (operations, isReadLater) => {
  const { privateProducer } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  const canAdd = (operation: Operation | undefined): operation is MatmulOperation | GpuOperation<'rmsNorm'> =>
    isPlain(operation) || (operation?.kind === 'rmsNorm' && operation.residual === undefined);
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'add') continue;
    const { a, b, out } = operation;
    const candidates = [
      { producer: privateProducer(b, index), residual: a },
      { producer: privateProducer(a, index), residual: b },
    ].filter(({ producer }) => producer && !changes.has(producer.index) && canAdd(producer.operation));
    const chosen = candidates.toSorted((x, y) => (y.producer?.index ?? 0) - (x.producer?.index ?? 0))[0];
    if (!chosen?.producer || !canAdd(chosen.producer.operation)) continue;
    const { producer, residual } = chosen;
    changes.set(producer.index, undefined);
    changes.set(
      index,
      chosen.producer.operation.kind === 'matmul'
        ? { ...chosen.producer.operation, residual, outs: [out] }
        : { ...chosen.producer.operation, residual, out },
    );
  }
  return replace(operations, changes);
};

/** Fuses products of the same input: query, key and value. */
const neighbours: Pass = (operations, isReadLater) => {
  const { isUnchanged } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  for (const [index, operation] of operations.entries()) {
    if (changes.has(index) || !isPlain(operation)) continue;
    let joined = operation;
    for (let later = index + 1; later < operations.length && joined.weights.length < MAX_PARTS; later++) {
      const other = operations[later];
      if (!isPlain(other) || changes.has(later)) continue;
      const weights = [...joined.weights, ...other.weights];
      if (other.weights[0]?.dtype !== operation.weights[0]?.dtype || !sameTensor(operation.x, other.x))
        continue;
      const { biases: before, outs } = joined;
      if ((before === undefined) !== (other.biases === undefined)) continue;
      const added = before && other.biases && { biases: [...before, ...other.biases] };
      if (!lieTogether([...weights, ...(added?.biases ?? [])]) || !isUnchanged(other, index, later)) continue;
      joined = { ...joined, weights, ...added, outs: [...outs, ...other.outs] };
      changes.set(later, undefined);
      changes.set(index, joined);
    }
  }
  return replace(operations, changes);
};

/** Fuses the rotation of queries and keys into attention, which rotates while it stores keys. */
const rotations: Pass = (operations, isReadLater) => {
  const { privateProducer } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'attention' || !operation.k) continue;
    const q = privateProducer(operation.q, index);
    const k = privateProducer(operation.k, index);
    if (q?.operation.kind !== 'rope' || k?.operation.kind !== 'rope') continue;
    if (!rotateAlike(q.operation, k.operation, operation)) continue;
    changes.set(q.index, undefined);
    changes.set(k.index, undefined);
    changes.set(index, {
      ...operation,
      q: q.operation.x,
      k: k.operation.x,
      rotation: { rope: q.operation.rope, rotated: q.operation.out },
    });
  }
  return replace(operations, changes);
};

function rotateAlike(
  q: GpuOperation<'rope'>,
  k: GpuOperation<'rope'>,
  { spans, options }: GpuOperation<'attention'>,
): boolean {
  const rotatesHeads = ({ cache }: AttentionSpan) =>
    (cache as GpuKvCache).kvLayers[options.layer]?.keySize === q.rope.headSize;
  return q.rope === k.rope && q.spans === spans && k.spans === spans && spans.every(rotatesHeads);
}

/** Removes copies: a result that is only copied is written directly to the target of the copy. */
const copies: Pass = (operations, isReadLater) => {
  const { privateProducer } = view(operations, isReadLater);
  const changes = new Map<number, Operation | undefined>();
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'copy') continue;
    const producer = privateProducer(operation.x, index);
    if (!producer || changes.has(producer.index)) continue;
    const { out } = operation;
    const touches = (other: Operation) => [...readsOf(other), ...writesOf(other)].includes(out.region);
    if (operations.slice(producer.index, index).some(touches)) continue;
    const target = { ...out, shape: operation.x.shape };
    const writer = withResult(producer.operation, target);
    if (!writer || sizes(target)[1] !== sizes(out)[1]) continue;
    changes.set(producer.index, writer);
    changes.set(index, undefined);
  }
  return replace(operations, changes);
};

/** The operation, changed to write its result to `out`; undefined for an operation with several results. */
function withResult(operation: Operation, out: GpuTensor): Operation | undefined {
  if (operation.kind !== 'matmul') return { ...operation, out };
  return operation.outs.length === 1 ? { ...operation, outs: [out] } : undefined;
}
