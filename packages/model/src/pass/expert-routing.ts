// The experts of a layer: reads the scores of its router on the host, chooses the experts, and encodes these experts.
import { chooseExperts, type LayerPlace, type ModelConfig } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Backend, Encoder, PersistentTensor, Tensor } from '@rondo/tensor';
import type { ChosenExpert } from '../weights/read-order.ts';
import { encodeExperts, type ChosenExperts, type EncodedLayer, type EncodedModel } from './encode-pass.ts';

/** The experts of all layers, one layer at a time. */
export interface Experts {
  /** Encodes copies of the result of a layer's router, to be used after the submission. */
  keep(e: Encoder, routed: NonNullable<EncodedLayer['routed']>): void;
  /**
   * The experts that `rows` rows chose. The router of `layer` must be the router that was submitted last.
   *
   * @throws RondoError `NON_FINITE_LOGITS`
   */
  chosen(layer: number, rows: number): Promise<readonly ChosenExpert[]>;
  /** Encodes the chosen experts of the layer at `place` over y `[tokens, width]`. */
  encode(e: Encoder, y: Tensor, place: LayerPlace, chosen: ChosenExperts): Tensor;
  /** Creates the tensors anew, after the old tensors were lost with their device. */
  renew(): void;
  dispose(): void;
}

/** The experts of an architecture, for batches of at most `batchTokens` tokens. */
export function createExperts(model: EncodedModel, backend: Backend, batchTokens: number): Experts {
  const { config } = model;
  const allocate = (): { input: PersistentTensor; scores: PersistentTensor } => ({
    input: backend.tensor([batchTokens, config.width]),
    scores: backend.tensor([batchTokens, config.experts]),
  });
  let { input, scores } = allocate();
  return {
    keep(e, routed) {
      e.copy(routed.input, input);
      e.copy(routed.scores, scores);
    },
    async chosen(layer, rows) {
      return chosenExperts(config, layer, await backend.read(scores, rows), rows);
    },
    encode: (e, y, place, chosen) => encodeExperts(model, e, { y, input }, place, chosen),
    renew() {
      ({ input, scores } = allocate());
    },
    dispose() {
      input.free();
      scores.free();
    },
  };
}

/**
 * The order in which experts are computed: for one token, experts in memory come first, while the other experts are read. The
 * results of a token are small enough to be kept until the last expert is computed. `isThere` says whether an expert is in memory.
 */
export function computingOrder(
  chosen: readonly ChosenExpert[],
  tokens: number,
  isThere: (expert: number) => boolean,
): readonly ChosenExpert[] {
  if (tokens > 1) return chosen;
  const there = chosen.filter(({ expert }) => isThere(expert));
  return [...there, ...chosen.filter((one) => !there.includes(one))];
}

/** Bytes of the results of a token's experts. */
export function expertResultBytes({ width, expertsUsed }: ModelConfig): number {
  return expertsUsed * width * 4;
}

/** Bytes that each token takes in the tensors of `createExperts`. */
export function expertTensorBytes({ width, experts }: ModelConfig): number {
  return (width + experts) * 4;
}

/**
 * The experts that rows chose, in ascending order, so that a row's sum does not depend on the other rows of its batch.
 * `scores` `[rows, experts]`: the scores by the router of `layer`.
 *
 * @throws RondoError `NON_FINITE_LOGITS`
 */
export function chosenExperts(
  {
    experts,
    expertsUsed,
    routing,
    layers,
  }: Pick<ModelConfig, 'experts' | 'expertsUsed' | 'routing' | 'layers'>,
  layer: number,
  scores: Float32Array,
  rows: number,
): ChosenExpert[] {
  if (!scores.every(Number.isFinite)) throw notFinite(layer);
  const bias = layers[layer]?.values?.['routerBias'];
  const byExpert = new Map<number, { expert: number; rows: number[]; scales: number[] }>();
  for (let row = 0; row < rows; row++) {
    const own = scores.subarray(row * experts, (row + 1) * experts);
    for (const { expert, share } of chooseExperts(own, expertsUsed, routing, bias)) {
      const chosen = byExpert.get(expert) ?? { expert, rows: [], scales: [] };
      byExpert.set(expert, chosen);
      chosen.rows.push(row);
      chosen.scales.push(share);
    }
  }
  return [...byExpert.values()].toSorted((a, b) => a.expert - b.expert);
}

function notFinite(layer: number): RondoError {
  return new RondoError(
    'NON_FINITE_LOGITS',
    `The router of layer ${layer} gave scores that are not finite numbers, so no experts can be chosen. The file is damaged, or a weight is out of the range of its type.`,
    { details: { layer } },
  );
}

/** For each of `rows` rows the experts that the row chose, in ascending order, as `LoadOptions.onExperts` tells them. */
export function expertsOfRows(
  chosen: readonly Pick<ChosenExpert, 'expert' | 'rows'>[],
  rows: number,
): number[][] {
  const experts = Array.from({ length: rows }, (): number[] => []);
  for (const { expert, rows: choosing } of chosen) for (const row of choosing) experts[row]?.push(expert);
  return experts;
}
