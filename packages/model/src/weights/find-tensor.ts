// Finds a tensor of a file by its name and shape, and the format of a tensor that is decoded on the host.
import { wholeShape, type TensorSpec } from '@rondo/architectures';
import { reasonOf, RondoError } from '@rondo/errors';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import { formatOf, type QuantFormat } from '@rondo/tensor';

/**
 * The tensor of this name, which must have this shape.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`
 */
export function findTensor(gguf: Gguf, name: string, shape: readonly number[]): TensorInfo {
  const tensor = gguf.tensors.get(name);
  if (!tensor) {
    throw new RondoError(
      'MISSING_TENSOR',
      `The model has no tensor "${name}" [${shape.join(', ')}], which its metadata calls for. The file may be incomplete, or one part of several.`,
      {
        details: { name, expected: shape },
      },
    );
  }
  if (inner(tensor.shape) !== inner(shape)) {
    throw new RondoError(
      'BAD_TENSOR_SHAPE',
      `The tensor "${name}" is [${tensor.shape.join(', ')}]; by the model's metadata it must be [${shape.join(', ')}].`,
      {
        details: { name, found: tensor.shape, expected: shape },
      },
    );
  }
  return tensor;
}

/** The dimensions without leading dimensions of size 1: a file writes a matrix of one row as a vector. */
function inner(shape: readonly number[]): string {
  const first = shape.findIndex((size) => size !== 1);
  return first < 0 ? '' : shape.slice(first).join();
}

/** A tensor, or some rows of a tensor. */
export type TensorData = Pick<TensorInfo, 'dtype' | 'shape' | 'offset' | 'bytes'>;

/**
 * The tensor, or the part of a tensor, that an architecture asks for.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`
 */
export function findSpec(gguf: Gguf, spec: TensorSpec): TensorData {
  const { name, shape, partOf } = spec;
  const whole = findTensor(gguf, name, wholeShape(spec));
  if (!partOf) return { ...whole, shape };
  const [rows = 1] = shape;
  const rowBytes = whole.bytes / partOf.rows;
  return {
    dtype: whole.dtype,
    shape,
    offset: whole.offset + partOf.firstRow * rowBytes,
    bytes: rows * rowBytes,
  };
}

/**
 * The matrix of an expert, by the expert's number. A file has the matrices of all experts one after the other in one tensor, or
 * a tensor for each expert. If an architecture asks for some rows of each matrix: only these rows.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `UNSUPPORTED` for experts of different types
 */
export function findStack(gguf: Gguf, spec: TensorSpec): (expert: number) => TensorData {
  if (spec.expertNames) return findExperts(gguf, spec.expertNames, spec.shape.slice(1));
  const [count = 1, ...shape] = spec.shape;
  const [rows = 1] = shape;
  const { firstRow, rows: allRows } = spec.partOf ?? { firstRow: 0, rows };
  const { dtype, offset, bytes } = findTensor(gguf, spec.name, wholeShape(spec));
  const matrixBytes = bytes / count;
  const rowBytes = matrixBytes / allRows;
  return (expert) => ({
    dtype,
    shape,
    offset: offset + expert * matrixBytes + firstRow * rowBytes,
    bytes: rows * rowBytes,
  });
}

/** The tensors of experts that have a tensor each. */
function findExperts(
  gguf: Gguf,
  names: readonly string[],
  shape: readonly number[],
): (expert: number) => TensorData {
  const tensors = names.map((name) => findTensor(gguf, name, shape));
  const [first] = tensors;
  const other = tensors.find(({ dtype }) => dtype !== first?.dtype);
  if (first && other)
    throw new RondoError(
      'UNSUPPORTED',
      `The experts of a layer must have one type. "${first.name}" is ${first.dtype}, "${other.name}" is ${other.dtype}.`,
      { details: { name: other.name, dtype: other.dtype, expected: first.dtype } },
    );
  return (expert) => {
    const tensor = tensors[expert];
    if (!tensor) throw new RangeError(`There is no expert ${expert}.`);
    return tensor;
  };
}

/**
 * The format of a tensor that is decoded on the host.
 *
 * @throws RondoError `UNSUPPORTED`, with the tensor's name
 */
export function formatOfTensor({ name, dtype }: TensorInfo): QuantFormat {
  try {
    return formatOf(dtype);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new RondoError('UNSUPPORTED', `The tensor "${name}" cannot be read: ${reason}`, {
      cause,
      details: { tensor: name, dtype },
    });
  }
}
