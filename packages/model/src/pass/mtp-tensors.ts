// The tensors of the MTP block beside its layer, and the norms that the host computes for the block.
import { mtpLayerOf, type ModelConfig } from '@rondo/architectures';
import type { Backend, Encoder, PersistentTensor, Tensor } from '@rondo/tensor';

/** The inputs and results of the MTP block. */
export interface MtpTensors {
  /** The index of the block among the layers. */
  readonly layer: number;
  /** The pairs `[batchTokens, 2 * width]`, the input of the block. */
  readonly pairs: PersistentTensor;
  /** One hidden row of the block, normalized after `normalizeHead`: `[1, width]`. */
  readonly head: PersistentTensor;
  /** Normalizes results of the last layer `[tokens, width]`, in place, as for the output matrix. */
  normalize(rows: Float32Array): Float32Array;
  /** Stores the pairs of embeddings `[tokens, width]` and hidden rows `[tokens, width]`. */
  writePairs(embeddings: Float32Array, hidden: Float32Array): Promise<void>;
  /** Normalizes the row in `head`. Returns the row. */
  normalizeHead(): Promise<Float32Array>;
  /** Encodes the choice of the highest of the logits `[1, vocabulary]`. */
  encodeBest(e: Encoder, logits: Tensor): void;
  /** The highest logit and its token, after the submission of `encodeBest`. */
  best(): Promise<{ readonly logit: number; readonly id: number }>;
  free(): void;
}

/** Tensors for at most `batchTokens` pairs; undefined if the model has no MTP block. */
export function createMtpTensors(
  config: ModelConfig,
  backend: Backend,
  batchTokens: number,
): MtpTensors | undefined {
  const layer = mtpLayerOf(config);
  if (layer === undefined) return undefined;
  const { width, epsilon } = config;
  const pairs = backend.tensor([batchTokens, 2 * width]);
  const head = backend.tensor([1, width]);
  const bestLogit = backend.tensor([1, 2]);
  const norm = (role: string) => {
    const weight = config.layers[layer]?.values?.[role];
    if (!weight) throw new RangeError(`The MTP block has no values "${role}".`);
    return (row: Float32Array) => normalizeRow(row, weight, epsilon);
  };
  const ofEmbeddings = norm('embeddingNorm');
  const ofHidden = norm('hiddenNorm');
  const ofOutput = norm('outputNorm');
  const ofHead = norm('headNorm');
  return {
    layer,
    pairs,
    head,
    normalize(rows) {
      for (let start = 0; start < rows.length; start += width) ofOutput(rows.subarray(start, start + width));
      return rows;
    },
    async writePairs(embeddings, hidden) {
      const values = new Float32Array(2 * hidden.length);
      for (let start = 0; start < hidden.length; start += width) {
        const first = values.subarray(2 * start, 2 * start + width);
        const second = values.subarray(2 * start + width, 2 * (start + width));
        first.set(embeddings.subarray(start, start + width));
        second.set(hidden.subarray(start, start + width));
        ofEmbeddings(first);
        ofHidden(second);
      }
      await backend.write(pairs, values);
    },
    async normalizeHead() {
      const row = await backend.read(head);
      ofHead(row);
      await backend.write(head, row);
      return row;
    },
    encodeBest(e, logits) {
      e.copy(e.topK(logits, 1), bestLogit);
    },
    async best() {
      const [logit = Number.NaN, id = 0] = await backend.read(bestLogit);
      return { logit, id };
    },
    free() {
      for (const tensor of [pairs, head, bestLogit]) tensor.free();
    },
  };
}

/**
 * Bytes that each token of a batch takes for the MTP block: its pair, on the backend and on the host, the hidden row that is
 * read, and the hidden rows that `sessions` texts keep.
 */
export function mtpTokenBytes(config: ModelConfig, sessions: number): number {
  return mtpLayerOf(config) === undefined ? 0 : (2 + 2 + 1 + sessions) * config.width * 4;
}

/** The RMS norm of a row, in place. Zhang & Sennrich 2019, arXiv:1910.07467. */
function normalizeRow(row: Float32Array, weight: Float32Array, epsilon: number): void {
  let squares = 0;
  for (const value of row) squares += value * value;
  const factor = 1 / Math.sqrt(squares / row.length + epsilon);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) * factor * (weight[i] ?? 0);
}
