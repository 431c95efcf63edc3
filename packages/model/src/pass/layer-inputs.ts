// What layers see of a batch's tokens beside the activation, where a model has per-layer embeddings: the tokens' embeddings, and
// of each token's row in a second table every layer's part.
import type { LayerInputs, ModelConfig } from '@rondo/architectures';
import type { Backend, Encoder, PersistentTensor } from '@rondo/tensor';
import type { ReadRows } from './embedding-rows.ts';

/** The inputs of all layers for a batch. */
export interface BatchInputs {
  /** Puts in what was read for the tokens of a batch. */
  write(rows: ReadRows): Promise<void>;
  /** Those of a layer, for so many tokens. */
  of(layer: number, e: Encoder, tokens: number): LayerInputs;
  free(): void;
}

/** Room for the inputs of that many tokens; undefined where layers have none. */
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
