// Compares cache policies and predictors on router traces: synthetic traces, or a trace that was recorded.
import { roundLfu, type ExpertTrace } from '@rondo/cache';
import { policies } from '../strategies.ts';
import { measurePredictor, type PredictorResult } from './measure-predictor.ts';
import { predictors } from './predictors.ts';
import { replayTrace, type PolicyResult } from './replay-trace.ts';
import { mixtureShapes, syntheticTrace, type MixtureShape } from './synthetic-trace.ts';

/** The shares of all experts for which the caches have room. */
export const ROOMS = [0.1, 0.25, 0.5];
/** The share at which the hit rate has a bar. */
export const BAR_ROOM = 0.25;
/** The shares for which predictors are measured. */
const PREDICTOR_ROOMS = [0.1, BAR_ROOM];
/** Defaults are chosen on the first seed, and reported on the second. */
export const SEEDS = { choosing: 1, reporting: 2 };
/** The half-lives of `roundLfu` that are tried, in accesses per known key. */
const HALF_LIVES = [4, 8, 16, 32];

/** All comparisons on one trace. */
export interface TraceComparison {
  /** What the trace is, for people. */
  readonly trace: string;
  readonly isSynthetic: boolean;
  /** Layers that have experts. */
  readonly layers: number;
  readonly experts: number;
  readonly used: number;
  /** Records for each layer that has any: the tokens, if the trace is of one token at a time. */
  readonly passes: number;
  /** Bytes of an expert; undefined where they are not known. */
  readonly expertBytes: number | undefined;
  readonly policies: readonly PolicyResult[];
  readonly predictors: readonly PredictorResult[];
}

/** Half-lives of `roundLfu`, on the seed on which the default is chosen. */
export interface HalfLifeResult {
  readonly shape: string;
  readonly halfLifeRounds: number;
  /** The hit rate as a share of the hit rate of Belady's optimum. */
  readonly ofBelady: number;
}

/** All results, as in the JSON file. */
export interface ExpertResults {
  readonly tokens: number;
  readonly halfLives: readonly HalfLifeResult[];
  readonly traces: readonly TraceComparison[];
}

/** Compares all policies with all rooms, and all predictors with `roundLfu`. */
export function compareOn(trace: ExpertTrace, shape?: MixtureShape): TraceComparison {
  return {
    ...describe(trace, shape),
    policies: replayTrace(trace, ROOMS, policies),
    predictors: PREDICTOR_ROOMS.flatMap((room) =>
      predictors.map((entry) => measurePredictor(trace, entry, room, roundLfu())),
    ),
  };
}

/** Compares on synthetic traces: everything on the first shape, and the main policies on the others. */
export function compareOnSynthetic(
  tokens: number,
  shapes: readonly MixtureShape[] = mixtureShapes,
): ExpertResults {
  const main = policies.filter(({ name }) => ['lru', 'lfu', 'roundLfu', 'belady'].includes(name));
  const traces = shapes.map((shape, index) => {
    const trace = syntheticTrace(shape, tokens, SEEDS.reporting);
    if (index === 0) return compareOn(trace, shape);
    return { ...describe(trace, shape), policies: replayTrace(trace, [BAR_ROOM], main), predictors: [] };
  });
  return { tokens, halfLives: shapes.slice(0, 2).flatMap((shape) => halfLivesOf(shape, tokens)), traces };
}

function halfLivesOf(shape: MixtureShape, tokens: number): HalfLifeResult[] {
  const trace = syntheticTrace(shape, tokens, SEEDS.choosing);
  const keyCount = shape.layers * shape.experts;
  const tried = HALF_LIVES.map((rounds) => ({
    name: String(rounds),
    create: <K>() => roundLfu<K>({ halfLife: rounds * keyCount }),
  }));
  const optimum = policies.filter(({ name }) => name === 'belady');
  return replayTrace(trace, [BAR_ROOM], [...tried, ...optimum])
    .filter(({ policy }) => policy !== 'belady')
    .map(({ policy, hitRate, beladyHitRate }) => ({
      shape: shape.name,
      halfLifeRounds: Number(policy),
      ofBelady: hitRate / beladyHitRate,
    }));
}

/** What a trace is. A synthetic trace is known by the shape that it was made of. */
function describe({ header, records }: ExpertTrace, shape: MixtureShape | undefined) {
  const { experts, used, source } = header;
  const layers = new Set(records.map(({ layer }) => layer)).size;
  return {
    trace: shape?.name ?? source,
    isSynthetic: shape !== undefined,
    layers,
    experts,
    used,
    passes: records.length / Math.max(1, layers),
    expertBytes: shape?.expertBytes,
  };
}
