// Parses tensor infos. Checks that the data of the tensors lies in the file, aligned and without overlaps.
import { RondoError } from '@rondo/errors';
import { layoutOfId, type DTypeLayout } from '@rondo/tensor';
import type { Cursor } from './header-reader.ts';
import { costs } from './ledger.ts';
import { maxDimensions, maxTensorNameBytes } from './limits.ts';
import type { TensorInfo } from './types.ts';

/** The fewest bytes of a tensor info: an empty name and no dimensions. */
export const minimumTensorBytes = 8 + 4 + 4 + 8;

/** A tensor info whose offset is unchecked and counts from the beginning of the data, as in the file. */
export interface RawTensorInfo extends Omit<TensorInfo, 'offset'> {
  readonly dataOffset: bigint;
}

/**
 * Parses one tensor info.
 *
 * @throws RondoError `BAD_NAME`, `BAD_SHAPE`, `BAD_TYPE`, `LIMIT`, `TRUNCATED`
 */
export function readTensorInfo(cursor: Cursor): RawTensorInfo {
  const offset = cursor.position;
  const name = cursor.string('a tensor name');
  const nameBytes = cursor.position - offset - 8;
  if (nameBytes > maxTensorNameBytes) {
    throw new RondoError(
      'BAD_NAME',
      `The tensor name "${name.slice(0, maxTensorNameBytes)}…" has ${nameBytes} bytes; at most ${maxTensorNameBytes} are allowed.`,
      { details: { name: name.slice(0, maxTensorNameBytes), bytes: nameBytes, offset } },
    );
  }
  cursor.charge(costs.tensor, name);
  const dimensions = cursor.u32(`the dimensions of ${name}`);
  if (dimensions > maxDimensions) {
    throw badShape(name, `has ${dimensions} dimensions; at most ${maxDimensions} are allowed`, {
      dimensions,
      offset,
    });
  }
  const sizes: bigint[] = [];
  for (let i = 0; i < dimensions; i++) sizes.unshift(cursor.i64(`dimension ${i} of ${name}`));
  cursor.charge(dimensions * costs.element, name);
  const id = cursor.u32(`the type of ${name}`);
  const layout = layoutOfId(id);
  if (layout === undefined) {
    throw new RondoError(
      'BAD_TYPE',
      `The tensor ${name} has the unknown type ${id}. It is damaged, outdated or newer than this reader; get it in another quantization.`,
      { details: { name, type: id, offset } },
    );
  }
  const bytes = tensorBytes(name, sizes, layout);
  const dataOffset = cursor.u64(`the offset of ${name}`);
  return { name, dtype: layout.dtype, shape: sizes.map(Number), bytes, dataOffset };
}

/**
 * Bytes of a tensor.
 *
 * @param sizes outermost first; as BigInt, because products of hostile sizes do not fit a number
 * @throws RondoError `BAD_SHAPE`
 */
export function tensorBytes(name: string, sizes: readonly bigint[], layout: DTypeLayout): number {
  const blockElements = BigInt(layout.blockElements);
  const shape = `[${sizes.join(', ')}]`;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  let elements = 1n;
  for (const size of sizes) {
    if (size < 0n || size > most)
      throw badShape(name, `has the shape ${shape}, of impossible size`, { shape });
    elements *= size;
  }
  const row = sizes.at(-1) ?? 1n;
  if (row % blockElements !== 0n) {
    throw badShape(
      name,
      `has rows of ${row} values, which is no multiple of the ${blockElements} in a ${layout.dtype} block`,
      { shape, dtype: layout.dtype },
    );
  }
  const bytes = (elements / blockElements) * BigInt(layout.blockBytes);
  if (bytes > most) {
    throw badShape(name, `has the shape ${shape}, of impossible size`, { shape });
  }
  return Number(bytes);
}

function badShape(name: string, what: string, details: Record<string, unknown>): RondoError {
  return new RondoError(
    'BAD_SHAPE',
    `The tensor ${name} ${what}. The file is damaged; download or convert it again.`,
    {
      details: { name, ...details },
    },
  );
}

/**
 * Places tensors in the file, in their order.
 *
 * @param dataOffset where tensor data begins
 * @throws RondoError `BAD_NAME` if a name occurs twice, `BAD_OFFSET` if data is unaligned, outside the file or
 * overlapping
 */
export function placeTensors(
  infos: readonly RawTensorInfo[],
  dataOffset: number,
  alignment: number,
  sizeBytes: number,
): Map<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  for (const { dataOffset: relative, ...info } of infos) {
    const { name, bytes } = info;
    if (tensors.has(name)) {
      throw new RondoError('BAD_NAME', `The tensor name ${name} is there twice. Convert the model again.`, {
        details: { name },
      });
    }
    const begin = BigInt(dataOffset) + relative;
    if (relative % BigInt(alignment) !== 0n) {
      throw badOffset(`${name} begins at ${relative}, no multiple of the alignment ${alignment}`, {
        name,
        alignment,
      });
    }
    if (begin + BigInt(bytes) > BigInt(sizeBytes) && bytes > 0) {
      throw badOffset(
        `${name} lies at ${begin} to ${begin + BigInt(bytes)}, but the file ends at ${sizeBytes}: it is cut off, or lies`,
        { name, offset: begin, bytes, size: sizeBytes },
      );
    }
    // An empty tensor has no data, so any offset is right, but the offset must be a number.
    tensors.set(name, { ...info, offset: Number(bytes > 0 ? begin : BigInt(dataOffset)) });
  }
  const inOrder = [...tensors.values()].filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset);
  for (const [i, { name, offset }] of inOrder.entries()) {
    const before = inOrder[i - 1];
    if (before !== undefined && before.offset + before.bytes > offset) {
      throw badOffset(`${name} at ${offset} overlaps ${before.name}`, { name, other: before.name, offset });
    }
  }
  return tensors;
}

function badOffset(what: string, details: Record<string, unknown>): RondoError {
  return new RondoError('BAD_OFFSET', `The data of ${what}. Download the file again.`, { details });
}
