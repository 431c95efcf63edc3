// Token embeddings, read row by row from the source: the table itself is never in memory.
import type { Architecture, ModelConfig } from '@rondo/architectures';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import type { ByteSource } from '@rondo/source';
import { rowBytes } from '@rondo/tensor';
import { findTensor, formatOfTensor } from '../weights/find-tensor.ts';

/** Rows that are read at the same time. */
const CONCURRENCY = 8;

/** Looks up embeddings. */
export interface EmbeddingRows {
  /** The rows of tokens at these positions. */
  read(tokens: readonly PlacedToken[], signal?: AbortSignal): Promise<ReadRows>;
}

/** The rows that were read for some tokens. */
export interface ReadRows {
  /** `[tokens, width]`. */
  readonly embeddings: Float32Array;
  /** If layers take parts of a second table: these parts, layer by layer, `[layers, tokens, LayerRows.width]`. */
  readonly layerRows?: Float32Array | undefined;
}

/** A token in its sequence. */
export interface PlacedToken {
  readonly id: number;
  readonly position: number;
}

/**
 * The embeddings of a model: scaled, and with the embeddings of positions added if positions are learned.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `UNSUPPORTED` (its data type)
 */
export function createEmbeddingRows(
  gguf: Gguf,
  { positionTable }: Pick<Architecture, 'positionTable'>,
  { width, vocabularySize, contextLength, embeddingScale, layers, layerRows }: ModelConfig,
  source: ByteSource,
): EmbeddingRows {
  const tokenTable = findTensor(gguf, 'token_embd.weight', [vocabularySize, width]);
  const tokenRows = rowsOf(tokenTable, source, { scale: embeddingScale });
  const positionRows =
    positionTable === undefined
      ? undefined
      : rowsOf(findTensor(gguf, positionTable, [contextLength, width]), source);
  const parts =
    layerRows &&
    rowsOf(findTensor(gguf, layerRows.table, [vocabularySize, layers.length * layerRows.width]), source, {
      scale: layerRows.scale,
      parts: layers.length,
    });

  async function readEmbeddings(
    tokens: readonly PlacedToken[],
    ids: readonly number[],
    signal?: AbortSignal,
  ) {
    const rows = await tokenRows(ids, signal);
    if (!positionRows) return rows;
    const learned = await positionRows(
      tokens.map(({ position }) => position),
      signal,
    );
    for (const [i, value] of learned.entries()) rows[i] = (rows[i] ?? 0) + value;
    return rows;
  }

  return {
    async read(tokens, signal) {
      const ids = tokens.map(({ id }) => id);
      const reads = [readEmbeddings(tokens, ids, signal), parts?.(ids, signal)] as const;
      // Waits for every read, even if one fails, so that no read goes on afterwards.
      await Promise.allSettled(reads);
      const [embeddings, layerRows] = await Promise.all(reads);
      return { embeddings, layerRows };
    },
  };
}

/** Reads rows by their indices. */
type ReadTable = (ids: readonly number[], signal: AbortSignal | undefined) => Promise<Float32Array>;

/**
 * Reads rows of a table, times `scale`: `[indices, width]`; if rows have several equal parts, part by part,
 * `[parts, indices, width / parts]`.
 *
 * @throws RondoError `UNSUPPORTED` for the data type of the table
 */
function rowsOf(table: TensorInfo, source: ByteSource, { scale = 1, parts = 1 } = {}): ReadTable {
  const width = table.shape.at(-1) ?? 0;
  const size = width / parts;
  const format = formatOfTensor(table);
  const bytes = rowBytes(table.dtype, width);
  return async (ids, signal) => {
    const rows = new Float32Array(ids.length * width);
    const queue = [...new Set(ids)];

    function place(values: Float32Array, row: number): void {
      for (let part = 0; part < parts; part++)
        rows.set(values.subarray(part * size, (part + 1) * size), (part * ids.length + row) * size);
    }

    const readers = Array.from({ length: Math.min(CONCURRENCY, queue.length) }, async () => {
      const blocks = new Uint8Array(bytes);
      const values = new Float32Array(width);
      try {
        for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
          await source.readInto(blocks, table.offset + id * bytes, { signal });
          format.dequantize(blocks, values);
          if (scale !== 1) for (let i = 0; i < width; i++) values[i] = (values[i] ?? 0) * scale;
          for (const [row, other] of ids.entries()) if (other === id) place(values, row);
        }
      } catch (error) {
        // The other readers begin no further read.
        queue.length = 0;
        throw error;
      }
    });
    // Waits for every read, even if one fails, so that no read goes on afterwards.
    await Promise.allSettled(readers);
    await Promise.all(readers);
    return rows;
  };
}
