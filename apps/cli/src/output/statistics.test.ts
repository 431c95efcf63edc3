import type { ModelStats } from '@rondo/model';
import { expect, it } from 'vitest';
import { statisticsLine, type RunFacts } from './statistics.ts';

const stats: ModelStats = {
  policy: 'pinned',
  prefetch: 'async',
  accesses: 200,
  hits: 66,
  lateHits: 10,
  misses: 124,
  evictions: 120,
  bytesRead: 211 * 2 ** 20,
  stallMs: 1312,
  hitRate: 0.33,
  beladyHitRate: 0.38,
  residentWeightBytes: 3.1 * 2 ** 20,
  peakWeightBytes: 3.2 * 2 ** 20,
  experts: undefined,
  passes: 49,
  passMs: 1500,
  readMs: 1450,
  bound: 'bandwidth',
};

const facts: RunFacts = {
  summary: {
    reason: 'end',
    promptTokenIds: Array.from({ length: 20 }, () => 1),
    tokenIds: Array.from({ length: 48 }, () => 1),
    timings: {
      prefillMs: 8,
      firstTokenMs: 9,
      decodeMs: 150,
      prefillTokensPerSecond: 2410.4,
      decodeTokensPerSecond: 31.27,
      tokenMs: [],
    },
  },
  stats,
  budget: { totalBytes: 5 * 2 ** 20, allWeightBytes: 6.7 * 2 ** 20, contextTokens: 512 },
  streams: true,
  loadMs: 30,
  peakRssBytes: 96 * 2 ** 20,
};

it('the statistics line of a streaming run has all facts', () => {
  expect(statisticsLine(facts)).toBe(
    '48 tokens at 31.3 tok/s · prompt 20 tokens at 2,410 tok/s · weights 3.10 MiB of 6.70 MiB in memory · cache pinned + prefetch async: 33% hits, 5% late (best without prefetch 38%) · read 211 MiB · waited 1.31 s for weights, bound by bandwidth · process peak 96.0 MiB',
  );
});

it('the statistics line of a model with experts says how many were in memory when they were chosen', () => {
  const experts = { asked: 1600, hits: 1200, bytesLoaded: 5, bytesAhead: 2, bytesWasted: 1 };
  const line = (counts: typeof experts) => statisticsLine({ ...facts, stats: { ...stats, experts: counts } });
  expect(line(experts)).toContain(' · 1,600 experts asked for, 75% in memory · read 211 MiB · ');
  expect(line({ ...experts, asked: 0, hits: 0 })).not.toContain('experts');
});

it('the statistics line leaves out streaming facts if all weights are in memory', () => {
  expect(statisticsLine({ ...facts, streams: false })).toBe(
    '48 tokens at 31.3 tok/s · prompt 20 tokens at 2,410 tok/s · weights all in memory (6.70 MiB) · process peak 96.0 MiB',
  );
});

it('the statistics line gives no speed for a single token, and says why a text was cut off', () => {
  const { summary } = facts;
  const timings = { ...summary.timings, decodeTokensPerSecond: 0 };
  const one = statisticsLine({ ...facts, summary: { ...summary, tokenIds: [1], timings, reason: 'length' } });
  expect(one).toMatch(/^1 token · prompt .* · stopped by --max-tokens · /);
  expect(statisticsLine({ ...facts, summary: { ...summary, reason: 'context' } })).toContain(
    'stopped because the context of 512 tokens is full',
  );
});

it('the statistics line reports speculation if there was any', () => {
  const speculation = { proposed: 90, accepted: 31, passes: 17, tokensPerPass: 48 / 17 };
  expect(statisticsLine({ ...facts, summary: { ...facts.summary, speculation } })).toContain(
    ' at 2,410 tok/s · 2.8 tokens a pass (31 of 90 proposed came true) · weights ',
  );
});
