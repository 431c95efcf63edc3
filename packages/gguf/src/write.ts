// Writes GGUF files of version 3 as a stream: the header at once, then the tensor data as it is made. `readGguf` reads
// the written file back.
import { RondoError } from '@rondo/errors';
import { layoutOf, type DType, type Shape } from '@rondo/tensor';
import { byteBuilder, type ByteBuilder } from './byte-builder.ts';
import { maxDimensions, maxKeyBytes, maxTensorNameBytes } from './limits.ts';
import { alignmentOf } from './read-metadata.ts';
import { tensorBytes } from './read-tensors.ts';
import type { MetadataArray, MetadataValue } from './types.ts';
import { isNumericType, numericArrays, valueTypeId } from './value-types.ts';

/** A tensor to be written. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DType;
  /** Outermost dimension first, as in `TensorInfo`. */
  readonly shape: Shape;
  /** The raw blocks, at once or in pieces made on demand: exactly the number of bytes that dtype and shape require. */
  readonly data: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

/** A file to be written. */
export interface GgufToWrite {
  /** The metadata, in the order of the written file. */
  readonly metadata: Iterable<readonly [key: string, value: MetadataValue]>;
  /** The tensors, in the order of the written file. */
  readonly tensors: readonly TensorToWrite[];
  /**
   * Tensor data begins at multiples of this number of bytes; written as `general.alignment`. Default: the metadata's, or
   * 32.
   */
  readonly alignment?: number | undefined;
}

/**
 * Streams the bytes of a GGUF file. A piece is valid until the next piece is requested, if the pieces of tensor data are valid
 * that long.
 *
 * @throws RondoError `BAD_KEY`, `BAD_NAME`, `BAD_SHAPE`, `BAD_ALIGNMENT`; `BAD_ARGUMENT` if data has another length than
 * its tensor, a value does not fit its type, or `alignment` contradicts the metadata; any error of a tensor's data
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function* writeGguf(gguf: GgufToWrite): AsyncGenerator<Uint8Array, void, void> {
  const metadata = metadataToWrite(gguf);
  const alignment = alignmentOf(metadata);
  const header = byteBuilder();
  header.bytes(new TextEncoder().encode('GGUF'));
  header.u32(3);
  header.u64(gguf.tensors.length);
  header.u64(metadata.size);
  for (const [key, value] of metadata) {
    writeKey(header, key);
    header.u32(valueTypeId(value.type));
    writeValue(header, value, key);
  }
  const sizes = writeTensorInfos(header, gguf.tensors, alignment);
  yield header.finish();

  yield* padding(header.length, alignment);
  for (const [i, tensor] of gguf.tensors.entries()) {
    const bytes = sizes[i] ?? 0;
    yield* dataOf(tensor, bytes);
    yield* padding(bytes, alignment);
  }
}

/** The output of `writeGguf` in one array; for small files. */
export async function encodeGguf(gguf: GgufToWrite): Promise<Uint8Array> {
  const file = byteBuilder();
  for await (const piece of writeGguf(gguf)) file.bytes(piece);
  return file.finish();
}

function metadataToWrite(gguf: GgufToWrite): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>();
  for (const [key, value] of gguf.metadata) {
    if (metadata.has(key)) {
      throw new RondoError('BAD_KEY', `The metadata key "${key}" is given twice.`, { details: { key } });
    }
    metadata.set(key, value);
  }
  if (gguf.alignment === undefined) return metadata;
  const given = metadata.get('general.alignment');
  if (given !== undefined && given.value !== gguf.alignment) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The alignment is given as ${gguf.alignment}, and in the metadata as ${String(given.value)}. Give it once.`,
      { details: { alignment: gguf.alignment, metadata: given.value } },
    );
  }
  return metadata.set('general.alignment', { type: 'u32', value: gguf.alignment });
}

function writeKey(header: ByteBuilder, key: string): void {
  const start = header.length;
  writeString(header, key);
  const bytes = header.length - start - 8;
  if (bytes > 0 && bytes <= maxKeyBytes) return;
  throw new RondoError('BAD_KEY', `A metadata key has ${bytes} bytes; 1 to ${maxKeyBytes} are allowed.`, {
    details: { key: key.slice(0, 100), bytes },
  });
}

function writeString(header: ByteBuilder, value: string): void {
  if (!value.isWellFormed()) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The string ${JSON.stringify(value.slice(0, 100))} has half a surrogate pair, which UTF-8 cannot hold.`,
      { details: { value: value.slice(0, 100) } },
    );
  }
  header.string(value);
}

function writeValue(header: ByteBuilder, value: MetadataValue, key: string): void {
  switch (value.type) {
    case 'string':
      return writeString(header, value.value);
    case 'array':
      return writeArray(header, value);
    case 'bool':
      return header.bytes(Uint8Array.of(value.value ? 1 : 0));
    case 'u64':
    case 'i64': {
      const array = value.type === 'u64' ? BigUint64Array.of(value.value) : BigInt64Array.of(value.value);
      if (array[0] !== value.value) throw doesNotFit(value, key);
      return header.bytes(bytesOf(array));
    }
    default: {
      const array = new numericArrays[value.type](new ArrayBuffer(8));
      array[0] = value.value;
      const integer = value.type !== 'f32' && value.type !== 'f64';
      if (integer && array[0] !== value.value) throw doesNotFit(value, key);
      return header.bytes(bytesOf(array).subarray(0, array.BYTES_PER_ELEMENT));
    }
  }
}

function doesNotFit({ type, value }: MetadataValue, key: string): RondoError {
  return new RondoError(
    'BAD_ARGUMENT',
    `The metadata value "${key}" is ${String(value)}, which is no ${type}.`,
    {
      details: { key, type, value },
    },
  );
}

function writeArray(header: ByteBuilder, array: MetadataArray): void {
  header.u32(valueTypeId(array.of));
  header.u64(array.value.length);
  if (array.of === 'string') for (const value of array.value) writeString(header, value);
  else if (array.of === 'bool') header.bytes(Uint8Array.from(array.value, (value) => (value ? 1 : 0)));
  else if (array.of === 'array') for (const value of array.value) writeArray(header, value);
  else if (isNumericType(array.of)) header.bytes(bytesOf(array.value));
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** @returns the size of each tensor's data in bytes */
function writeTensorInfos(
  header: ByteBuilder,
  tensors: readonly TensorToWrite[],
  alignment: number,
): number[] {
  const names = new Set<string>();
  let offset = 0;
  return tensors.map(({ name, dtype, shape }) => {
    const start = header.length;
    writeString(header, name);
    const nameBytes = header.length - start - 8;
    if (nameBytes > maxTensorNameBytes || names.has(name)) {
      throw new RondoError(
        'BAD_NAME',
        `The tensor name "${name}" ${names.has(name) ? 'is given twice' : `has ${nameBytes} bytes; at most ${maxTensorNameBytes} are allowed`}.`,
        { details: { name, bytes: nameBytes } },
      );
    }
    names.add(name);
    if (shape.length > maxDimensions || !shape.every(Number.isSafeInteger)) {
      throw new RondoError(
        'BAD_SHAPE',
        `The tensor ${name} has the shape [${shape.join(', ')}]; up to ${maxDimensions} whole numbers are allowed.`,
        { details: { name, shape } },
      );
    }
    const bytes = tensorBytes(name, shape.map(BigInt), layoutOf(dtype));
    header.u32(shape.length);
    for (const size of shape.toReversed()) header.u64(size);
    header.u32(layoutOf(dtype).id);
    header.u64(offset);
    offset += Math.ceil(bytes / alignment) * alignment;
    return bytes;
  });
}

async function* dataOf({ name, data }: TensorToWrite, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  let written = 0;
  for await (const piece of data instanceof Uint8Array ? [data] : data()) {
    written += piece.length;
    if (written > bytes) break;
    yield piece;
  }
  if (written === bytes) return;
  const found = written > bytes ? `more than ${bytes} bytes` : `${written} bytes, not ${bytes}`;
  throw new RondoError('BAD_ARGUMENT', `The data of tensor ${name} has ${found}.`, {
    details: { name, bytes: written, expected: bytes },
  });
}

function* padding(length: number, alignment: number): Generator<Uint8Array, void, void> {
  const bytes = Math.ceil(length / alignment) * alignment - length;
  if (bytes > 0) yield new Uint8Array(bytes);
}
