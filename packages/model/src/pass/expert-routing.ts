// The experts of a layer: reads on the host which experts the router chose, and encodes these experts.
import type { LayerPlace, ModelConfig } from '@rondo/architectures';
import type { Backend, Encoder, PersistentTensor, Tensor } from '@rondo/tensor';
import type { ChosenExpert } from '../weights/read-order.ts';
import { encodeExperts, type ChosenExperts, type EncodedLayer, type EncodedModel } from './encode-pass.ts';

/** The experts of all layers, one layer at a time. */
export interface Experts {
  /** Encodes copies of the result of a layer's router, to be used after the submission. */
  keep(e: Encoder, routed: NonNullable<EncodedLayer['routed']>): void;
  /** The experts that the router submitted last chose for `rows` rows. */
  chosen(rows: number): Promise<readonly ChosenExpert[]>;
  /** Encodes the chosen experts of the layer at `place` over y `[tokens, width]`. */
  encode(e: Encoder, y: Tensor, place: LayerPlace, chosen: ChosenExperts): Tensor;
  /** Creates the tensors anew, after the old tensors were lost with their device. */
  renew(): void;
  dispose(): void;
}

/** The experts of an architecture, for batches of at most `batchTokens` tokens. */
export function createExperts(model: EncodedModel, backend: Backend, batchTokens: number): Experts {
  const { config } = model;
  const allocate = (): { input: PersistentTensor; routing: PersistentTensor } => ({
    input: backend.tensor([batchTokens, config.width]),
    routing: backend.tensor([batchTokens, 2 * config.expertsUsed]),
  });
  let { input, routing } = allocate();
  return {
    keep(e, routed) {
      e.copy(routed.input, input);
      e.copy(routed.choice, routing);
    },
    async chosen(rows) {
      return chosenExperts(await backend.read(routing, rows), rows);
    },
    encode: (e, y, place, chosen) => encodeExperts(model, e, { y, input }, place, chosen),
    renew() {
      ({ input, routing } = allocate());
    },
    dispose() {
      input.free();
      routing.free();
    },
  };
}

/** Bytes that each token takes in the tensors of `createExperts`. */
export function expertTensorBytes({ width, expertsUsed }: ModelConfig): number {
  return (width + 2 * expertsUsed) * 4;
}

/**
 * The experts that rows chose, in ascending order, so that a row's sum does not depend on the other rows of its batch.
 * `routing` has for each row the scores of the chosen experts, the highest first, and then the numbers of these experts, as
 * `Encoder.topK` gives them. The softmax of the scores gives the factor of each expert.
 */
export function chosenExperts(routing: Float32Array, rows: number): ChosenExpert[] {
  const used = routing.length / rows / 2;
  const byExpert = new Map<number, { expert: number; rows: number[]; scales: number[] }>();
  for (let row = 0; row < rows; row++) {
    const scores = routing.subarray(2 * row * used, (2 * row + 1) * used);
    const numbers = routing.subarray((2 * row + 1) * used, 2 * (row + 1) * used);
    const exponentials = Array.from(scores, (score) => Math.exp(score - (scores[0] ?? 0)));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (const [index, expert] of numbers.entries()) {
      const chosen = byExpert.get(expert) ?? { expert, rows: [], scales: [] };
      byExpert.set(expert, chosen);
      chosen.rows.push(row);
      chosen.scales.push((exponentials[index] ?? 0) / sum);
    }
  }
  return [...byExpert.values()].toSorted((a, b) => a.expert - b.expert);
}
