// Token embeddings, read row by row from the source: the table itself is never in memory.
import type { Architecture, ModelConfig } from '@rondo/architectures';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import type { ByteSource } from '@rondo/source';
import { rowBytes } from '@rondo/tensor';
import { findTensor, formatOfTensor } from '../weights/find-tensor.ts';

/** Rows in flight at once. */
const CONCURRENCY = 8;

/** Looks up embeddings. */
export interface EmbeddingRows {
  /** The embeddings of tokens at these positions, `[tokens, width]`. */
  read(tokens: readonly PlacedToken[], signal?: AbortSignal): Promise<Float32Array>;
}

/** A token in its sequence. */
export interface PlacedToken {
  readonly id: number;
  readonly position: number;
}

/**
 * The embeddings of a model: scaled, and with those of positions where these are learned.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `UNSUPPORTED` (its data type)
 */
export function createEmbeddingRows(
  gguf: Gguf,
  { positionTable }: Pick<Architecture, 'positionTable'>,
  { width, vocabularySize, contextLength, embeddingScale }: ModelConfig,
  source: ByteSource,
): EmbeddingRows {
  const tokenRows = rowsOf(findTensor(gguf, 'token_embd.weight', [vocabularySize, width]), source);
  const positionRows =
    positionTable === undefined
      ? undefined
      : rowsOf(findTensor(gguf, positionTable, [contextLength, width]), source);
  return {
    async read(tokens, signal) {
      const rows = await tokenRows(
        tokens.map(({ id }) => id),
        signal,
      );
      if (embeddingScale !== 1) for (const [i, value] of rows.entries()) rows[i] = value * embeddingScale;
      if (!positionRows) return rows;
      const learned = await positionRows(
        tokens.map(({ position }) => position),
        signal,
      );
      for (const [i, value] of learned.entries()) rows[i] = (rows[i] ?? 0) + value;
      return rows;
    },
  };
}

/** Reads rows of a table by their indices, `[indices, width]`. @throws RondoError `UNSUPPORTED` for its data type */
function rowsOf(
  table: TensorInfo,
  source: ByteSource,
): (ids: readonly number[], signal: AbortSignal | undefined) => Promise<Float32Array> {
  const width = table.shape.at(-1) ?? 0;
  const format = formatOfTensor(table);
  const bytes = rowBytes(table.dtype, width);
  return async (ids, signal) => {
    const rows = new Float32Array(ids.length * width);
    const queue = [...new Set(ids)];
    const readers = Array.from({ length: Math.min(CONCURRENCY, queue.length) }, async () => {
      const blocks = new Uint8Array(bytes);
      const values = new Float32Array(width);
      try {
        for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
          await source.readInto(blocks, table.offset + id * bytes, { signal });
          format.dequantize(blocks, values);
          for (const [row, other] of ids.entries()) if (other === id) rows.set(values, row * width);
        }
      } catch (error) {
        // The others begin no further read.
        queue.length = 0;
        throw error;
      }
    });
    // Nobody reads any more when this settles.
    await Promise.allSettled(readers);
    await Promise.all(readers);
    return rows;
  };
}
