// The statistics of a run: one line for people, and the same as data for programs.
import {
  formatBytes,
  type GenerationSummary,
  type GenerationTimings,
  type Model,
  type ModelStats,
  type SpeculationSummary,
} from '@rondo/model';
import { counted, duration, percent, rate } from './numbers.ts';

/** The facts that the statistics are made from. */
export interface RunFacts {
  readonly summary: GenerationSummary;
  readonly stats: ModelStats;
  readonly budget: Pick<Model['budget'], 'totalBytes' | 'allWeightBytes' | 'contextTokens'>;
  readonly streams: boolean;
  readonly loadMs: number;
  readonly peakRssBytes: number;
}

/** Times, memory and cache of a run, under the names of the command line's contract. */
export interface RunReport {
  /** Why the text ended. */
  readonly reason: GenerationSummary['reason'];
  readonly timings: { readonly loadMs: number } & GenerationTimings;
  readonly memory: {
    readonly budgetBytes: number;
    /** The most memory that the process used, in bytes, including Node. */
    readonly peakRssBytes: number;
    readonly residentWeightBytes: number;
  };
  /** Present if something speculated. */
  readonly speculation?: SpeculationSummary | undefined;
  /** Counted since the model began to load. */
  readonly cache: Omit<ModelStats, 'residentWeightBytes' | 'peakWeightBytes'>;
}

/** Peak resident set size of this process in bytes. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** The facts in the form of `--json`. */
export function reportOf({ summary, stats, budget, loadMs, peakRssBytes }: RunFacts): RunReport {
  const { residentWeightBytes, peakWeightBytes: _, ...cache } = stats;
  return {
    reason: summary.reason,
    timings: { loadMs, ...summary.timings },
    memory: { budgetBytes: budget.totalBytes, peakRssBytes, residentWeightBytes },
    speculation: summary.speculation,
    cache,
  };
}

/** The facts on one line; facts without information are left out. */
export function statisticsLine(facts: RunFacts): string {
  return [
    ...speed(facts.summary),
    ...speculation(facts.summary),
    ...ending(facts),
    ...weights(facts),
    `process peak ${formatBytes(facts.peakRssBytes)}`,
  ].join(' · ');
}

function speed({ promptTokenIds, tokenIds, timings }: GenerationSummary): string[] {
  const { decodeTokensPerSecond, prefillTokensPerSecond } = timings;
  const tokens = counted(tokenIds.length, 'token');
  const prompt = `prompt ${counted(promptTokenIds.length, 'token')}`;
  return [
    decodeTokensPerSecond > 0 ? `${tokens} at ${rate(decodeTokensPerSecond)} tok/s` : tokens,
    prefillTokensPerSecond > 0 ? `${prompt} at ${rate(prefillTokensPerSecond)} tok/s` : prompt,
  ];
}

function speculation({ speculation }: GenerationSummary): string[] {
  if (!speculation) return [];
  const { proposed, accepted, tokensPerPass } = speculation;
  return [`${rate(tokensPerPass)} tokens a pass (${accepted} of ${proposed} proposed came true)`];
}

/** Shown only if the text was cut off. An end by the model or at a stop text is the expected end. */
function ending({ summary, budget }: RunFacts): string[] {
  if (summary.reason === 'length') return ['stopped by --max-tokens'];
  if (summary.reason === 'context')
    return [`stopped because the context of ${counted(budget.contextTokens, 'token')} is full`];
  return [];
}

function weights({ stats, budget, streams }: RunFacts): string[] {
  const all = formatBytes(budget.allWeightBytes);
  if (!streams) return [`weights all in memory (${all})`];
  const { policy, prefetch, hitRate, beladyHitRate, lateHits, accesses, bytesRead, stallMs, bound, experts } =
    stats;
  const late = lateHits > 0 ? `, ${percent(lateHits / accesses)} late` : '';
  return [
    `weights ${formatBytes(stats.residentWeightBytes)} of ${all} in memory`,
    `cache ${policy} + prefetch ${prefetch}: ${percent(hitRate)} hits${late} (best without prefetch ${percent(beladyHitRate)})`,
    ...(experts && experts.asked > 0
      ? [`${counted(experts.asked, 'expert')} asked for, ${percent(experts.hits / experts.asked)} in memory`]
      : []),
    `read ${formatBytes(bytesRead)}`,
    `waited ${duration(stallMs)} for weights${bound ? `, bound by ${bound}` : ''}`,
  ];
}
