// Token embeddings, read row by row from the source: the table itself is never in memory.
import type { ModelConfig } from '@rondo/architectures';
import type { Gguf, TensorInfo } from '@rondo/gguf';
import type { ByteSource } from '@rondo/source';
import { rowBytes } from '@rondo/tensor';
import { findTensor, formatOfTensor } from '../weights/find-tensor.ts';

/** Rows in flight at once. */
const CONCURRENCY = 8;

/** Looks up embeddings. */
export interface EmbeddingRows {
  /** The rows of `ids`, `[ids, width]`. */
  read(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
}

/** The embeddings of a model. @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `UNSUPPORTED` (its data type) */
export function createEmbeddingRows(gguf: Gguf, config: ModelConfig, source: ByteSource): EmbeddingRows {
  const { width, vocabularySize } = config;
  const table: TensorInfo = findTensor(gguf, 'token_embd.weight', [vocabularySize, width]);
  const format = formatOfTensor(table);
  const bytes = rowBytes(table.dtype, width);
  return {
    async read(ids, signal) {
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
    },
  };
}
