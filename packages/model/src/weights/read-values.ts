// Reads a small tensor whose values the host uses.
import type { Gguf } from '@rondo/gguf';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { elements } from '@rondo/tensor';
import { findTensor, formatOfTensor } from './find-tensor.ts';

/**
 * The values of the tensor of this name, which must have this shape.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `UNSUPPORTED` (its data type); what reading throws
 */
export async function readValues(
  gguf: Gguf,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  source: ByteSource,
  options: ReadOptions,
): Promise<Float32Array> {
  const tensor = findTensor(gguf, name, shape);
  const format = formatOfTensor(tensor);
  const blocks = new Uint8Array(tensor.bytes);
  await source.readInto(blocks, tensor.offset, options);
  const values = new Float32Array(elements(shape));
  format.dequantize(blocks, values);
  return values;
}
