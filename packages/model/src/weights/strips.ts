// Cuts the tensors of a part of the model into strips of equally many bytes. A strip has rows of one tensor, or of several tensors
// that follow each other.
import type { ByteRange, Weight, WeightRef } from '@rondo/tensor';
import type { TensorData } from './find-tensor.ts';

/** Tensors that are at most this many bytes apart in the file are read together, with the padding between the tensors. */
const MERGE_GAP_BYTES = 4096;
/**
 * Tensors of at most this share of a segment, such as norms, are put together into one segment. Separate segments would cost a
 * read each, for few bytes.
 */
const SMALL_SHARE = 1 / 16;
/** A matrix is cut by rows only if a row has at least this many values. */
const LEAST_ROW = 32;

/** A tensor and its role. */
export interface RoledTensor {
  readonly role: string;
  readonly tensor: TensorData;
}

/** A tensor, or some rows of a tensor. */
export interface Piece extends TensorData {
  readonly role: string;
}

/** The whole tensor as a piece. */
export function inOnePiece({ role, tensor: { dtype, shape, offset, bytes } }: RoledTensor): Piece {
  return { role, dtype, shape, offset, bytes };
}

/** The weight in a piece that lies in a segment. */
export function refOf({ dtype, shape, offset }: Piece, segment: number): WeightRef {
  return { dtype, shape, layout: 'raw', segment, offset };
}

/**
 * The small tensors together, then strips of the other tensors in the order of their use. The strips have equally many bytes,
 * at most `mostBytes`, and their number is as small as possible. A strip may begin or end within a tensor.
 */
export function strips(tensors: readonly RoledTensor[], mostBytes: number): Piece[][] {
  const small = tensors.filter(({ tensor }) => isSmall(tensor.bytes, mostBytes));
  const large = tensors.filter((one) => !small.includes(one));
  const total = large.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  const count = Math.ceil(total / mostBytes);
  const cuts: Piece[][] = Array.from({ length: count }, () => []);
  let strip = 0;
  let done = 0;
  for (const { role, tensor } of large) {
    const { dtype, shape } = tensor;
    // A matrix whose rows are shorter than any block, such as the filters of a convolution, is never multiplied in parts.
    const rows = shape.length === 2 && (shape[1] ?? 0) >= LEAST_ROW ? (shape[0] ?? 1) : 1;
    const oneRowBytes = tensor.bytes / rows;
    for (let row = 0; row < rows;) {
      const room = ((strip + 1) * total) / count - done;
      const taken = strip === count - 1 ? rows - row : Math.min(rows - row, Math.ceil(room / oneRowBytes));
      const bytes = taken * oneRowBytes;
      const piece = { role, dtype, shape: taken === rows ? shape : [taken, ...shape.slice(1)] };
      cuts[strip]?.push({ ...piece, offset: tensor.offset + row * oneRowBytes, bytes });
      row += taken;
      done += bytes;
      if (done >= ((strip + 1) * total) / count && strip < count - 1) strip += 1;
    }
  }
  // A row larger than a strip leaves the next strip empty.
  const filled = cuts.filter((pieces) => pieces.length > 0);
  return small.length > 0 ? [small.map(inOnePiece), ...filled] : filled;
}

/** The weight whose rows are in these parts. */
export function whole(parts: readonly WeightRef[]): Weight {
  const [first] = parts;
  if (!first) throw new RangeError('A weight of no pieces.');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], parts };
}

/** The ranges of the file that hold these pieces. Pieces that are close to each other share a range. */
export function mergedRanges(pieces: readonly ByteRange[]): ByteRange[] {
  const ranges: { offset: number; bytes: number }[] = [];
  for (const { offset, bytes } of pieces.toSorted((a, b) => a.offset - b.offset)) {
    const last = ranges.at(-1);
    if (last && offset - (last.offset + last.bytes) <= MERGE_GAP_BYTES)
      last.bytes = Math.max(last.bytes, offset + bytes - last.offset);
    else ranges.push({ offset, bytes });
  }
  return ranges;
}

/** Whether `bytes`, such as the bytes of norms, are negligible beside a segment of `segmentBytes`. */
export function isSmall(bytes: number, segmentBytes: number): boolean {
  return bytes <= segmentBytes * SMALL_SHARE;
}
