// The order in which passes come to a model's segments: the same in each round, but for experts. Of these it knows what the
// router of a layer has just chosen, and tells from what it chose before which ones are likely.
import { segmentsOfStage, type Stage } from './segments.ts';

/** An expert with the rows of a batch that chose it. */
export interface ChosenExpert {
  readonly expert: number;
  /** In ascending order. */
  readonly rows: readonly number[];
  /** What its result counts in each of them. */
  readonly scales: readonly number[];
}

/** What comes when. */
export interface ReadOrder {
  /** The segments that follow one in the round, soonest first, itself left out: of experts those chosen or likely. */
  after(index: number): Iterable<number>;
  /** A pass of so many rows has come to a layer's experts, and these were chosen. */
  chosen(layer: number, chosen: readonly Pick<ChosenExpert, 'expert' | 'rows'>[], rows: number): void;
}

/** What the newest pass counts beside all those before it in how often an expert is chosen. */
const NEWEST_SHARE = 1 / 8;
/**
 * How likely an expert must be to be read ahead. One that is not chosen costs a read, and room: from 0.3 on instead of 0.5, up
 * to a fifth more bytes were read for a token where experts have little room (decision 18).
 */
const LIKELY = 1 / 2;

/** The read order of these stages, whose routers have chosen nothing yet. */
export function createReadOrder(stages: readonly Stage[]): ReadOrder {
  const rounds = stages.map(({ segments, before, experts, after }) => ({
    segments,
    before: before.segments,
    experts,
    after: after.segments,
    /** Of the tokens, how many use each expert. */
    shares: experts.map(() => 0),
    /** The segments of the experts that were chosen last, and of those that are likely to be next time. */
    chosen: [] as readonly number[],
    likely: [] as readonly number[],
    /** All that the layer will need, as far as it is known before its router has chosen. */
    expected: [...segments, ...before.segments, ...after.segments] as readonly number[],
  }));
  /** Where each segment is needed: in which layer, and whether once its router has chosen. */
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
      yield* now.slice(place + 1);
      // One layer at a time: whoever asks wants a few, and a large model has thousands.
      for (let step = 1; step < rounds.length; step++)
        yield* roundOf((layer + step) % rounds.length).expected;
      yield* isChosen ? segments : now.slice(0, place);
      if (isChosen) yield* before.slice(0, place);
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
      // In a pass like this one, of as many rows.
      const chances = round.shares.map((share) => 1 - (1 - share) ** rows);
      const likely = [...chances.keys()].filter((expert) => (chances[expert] ?? 0) > LIKELY);
      round.likely = segmentsOf(likely.toSorted((a, b) => (chances[b] ?? 0) - (chances[a] ?? 0)));
      round.expected = [...round.segments, ...round.before, ...round.likely, ...round.after];
    },
  };
}
