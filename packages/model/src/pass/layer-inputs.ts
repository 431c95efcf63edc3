// The further inputs of layers, beside the activation, in models with per-layer embeddings: the embeddings of a batch's tokens,
// and the rows of these tokens in a second table. Each layer takes a part of each row.
import type { LayerInputs, ModelConfig } from '@rondo/architectures';
import type { Backend, Encoder, PersistentTensor } from '@rondo/tensor';
import type { ReadRows } from './embedding-rows.ts';

/** The inputs of all layers for a batch. */
export interface BatchInputs {
  /** Stores the rows that were read for the tokens of a batch. */
  write(rows: ReadRows): Promise<void>;
  /** The inputs of a layer for the first `tokens` tokens. */
  of(layer: number, e: Encoder, tokens: number): LayerInputs;
  free(): void;
}

/** Tensors for the inputs of `batchTokens` tokens; undefined if layers have no further inputs. */
export function createBatchInputs(
  { layers, width, layerRows }: ModelConfig,
  backend: Backend,
  batchTokens: number,
): BatchInputs | undefined {
  if (!layerRows) return undefined;
  const embeddings = backend.tensor([batchTokens, width]);
  const parts: PersistentTensor = backend.tensor([layers.length * batchTokens, layerRows.width]);
  return {
    async write(rows) {
      await backend.write(embeddings, rows.embeddings);
      if (rows.layerRows) await backend.write(parts, rows.layerRows);
    },
    of: (layer, e, tokens) => ({
      embeddings: e.rows(embeddings, 0, tokens),
      rows: e.rows(parts, layer * tokens, tokens),
    }),
    free() {
      embeddings.free();
      parts.free();
    },
  };
}

/** Bytes that each token takes in the tensors of `createBatchInputs`. */
export function batchInputBytes({ layers, width, layerRows }: ModelConfig): number {
  return layerRows ? (width + layers.length * layerRows.width) * 4 : 0;
}
