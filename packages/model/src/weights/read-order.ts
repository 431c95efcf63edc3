// The order in which passes need a model's segments: the same in each round, except for experts. The order has the experts
// that the router of a layer has just chosen, and predicts likely experts from the choices before.
import { segmentsOfStage, type Stage } from './segments.ts';

/** An expert with the rows of a batch that chose it. */
export interface ChosenExpert {
  readonly expert: number;
  /** The indices of the rows in the batch, in ascending order. */
  readonly rows: readonly number[];
  /** For each of `rows`: the factor of the expert's result in that row. */
  readonly scales: readonly number[];
}

/** When each segment is needed. */
export interface ReadOrder {
  /**
   * The segments that follow segment `index` in the round, soonest first, as a list for each layer. Of the experts, the order
   * includes only the chosen experts and the experts that are likely to be chosen. The segments of an MTP block come only after
   * segments of the same block, since most passes skip the block.
   */
  after(index: number): Iterable<readonly number[]>;
  /** Notes that a pass of `rows` rows has come to a layer's experts, and which experts were chosen. */
  chosen(layer: number, chosen: readonly Pick<ChosenExpert, 'expert' | 'rows'>[], rows: number): void;
}

/** The share of the newest pass in the moving average of how often an expert is chosen. */
const NEWEST_SHARE = 1 / 8;
/**
 * How likely an expert must be to be read ahead. An expert that is read and not chosen costs a read, and room: with 0.3 instead
 * of 0.5, up to a fifth more bytes were read per token when experts had little room (decision 18).
 */
const LIKELY = 1 / 2;

/** Creates the read order of these stages, before the first choice of a router. */
export function createReadOrder(stages: readonly Stage[]): ReadOrder {
  const rounds = stages.map(({ segments, before, experts, after, predicts }) => ({
    predicts,
    segments,
    before: before.segments,
    experts,
    after: after.segments,
    /** The share of tokens that use each expert. */
    shares: experts.map(() => 0),
    /** The segments of the experts that were chosen last, and of the experts that are likely to be chosen next. */
    chosen: [] as readonly number[],
    likely: [] as readonly number[],
    /** The segments that the layer is expected to need, before its router has chosen. */
    expected: [...segments, ...before.segments, ...after.segments] as readonly number[],
  }));
  /** Where each segment is needed: in which layer, and whether only after the layer's router has chosen. */
  const homes = new Map<number, { readonly layer: number; readonly isChosen: boolean }>();
  for (const [layer, stage] of stages.entries()) {
    for (const index of segmentsOfStage(stage)) homes.set(index, { layer, isChosen: true });
    for (const index of stage.segments) homes.set(index, { layer, isChosen: false });
  }

  function roundOf(layer: number) {
    const round = rounds[layer];
    if (!round) throw new RangeError(`There is no layer ${layer} among ${rounds.length}.`);
    return round;
  }

  return {
    *after(index) {
      const home = homes.get(index);
      if (!home) throw new RangeError(`There is no segment ${index} among ${homes.size}.`);
      const { layer, isChosen } = home;
      const { segments, before, chosen, expected, after } = roundOf(layer);
      const now = isChosen ? [...before, ...chosen, ...after] : expected;
      const place = now.indexOf(index);
      yield now.slice(place + 1);
      for (let step = 1; step < rounds.length; step++) {
        const round = roundOf((layer + step) % rounds.length);
        if (!round.predicts) yield round.expected;
      }
      yield isChosen ? segments : now.slice(0, place);
      if (isChosen) yield before.slice(0, place);
    },
    chosen(layer, chosen, rows) {
      const round = roundOf(layer);
      const segmentsOf = (experts: readonly number[]) =>
        experts.flatMap((expert) => round.experts[expert]?.segments ?? []);
      round.chosen = segmentsOf(chosen.map(({ expert }) => expert));
      const used = new Map(chosen.map((one) => [one.expert, one.rows.length]));
      round.shares = round.shares.map(
        (share, expert) => share + NEWEST_SHARE * ((used.get(expert) ?? 0) / rows - share),
      );
      // The chance that at least one row of a pass like this chooses the expert.
      const chances = round.shares.map((share) => 1 - (1 - share) ** rows);
      const likely = [...chances.keys()].filter((expert) => (chances[expert] ?? 0) > LIKELY);
      round.likely = segmentsOf(likely.toSorted((a, b) => (chances[b] ?? 0) - (chances[a] ?? 0)));
      round.expected = [...round.segments, ...round.before, ...round.likely, ...round.after];
    },
  };
}
