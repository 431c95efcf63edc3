// The comparisons on router traces as tables and a chart. The same input gives the same text on every machine.
import type { TopLevelSpec } from 'vega-lite';
import { percent, table } from '@rondo/bench-shared';
import { policyColors } from '../charts/colors.ts';
import { lineChart } from '../charts/lines.ts';
import { BAR_ROOM, ROOMS, SEEDS, type ExpertResults, type TraceComparison } from './compare-experts.ts';
import { predictors } from './predictors.ts';

/** Renders the comparisons on synthetic traces as Markdown. */
export function renderExperts({ tokens, halfLives, traces }: ExpertResults): string {
  const [first] = traces;
  if (first === undefined) return '';
  return `# Experts on router traces

**Synthetic** traces of ${tokens.toLocaleString('en')} tokens, computed one at a time: in each layer the popularity of experts follows Zipf's law with s = 1, and each expert of the last token is kept with p = 0.5. Traces of real models can be recorded, and replayed by \`--trace\`. Defaults were chosen on seed ${SEEDS.choosing}; the figures are of seed ${SEEDS.reporting}. Every figure is the same at each run.

${tablesOf(first)}

## Other shapes, room for ${percent(BAR_ROOM, 0)} of the experts

${shapeTable(traces)}

## The half-life of \`roundLfu\`, on seed ${SEEDS.choosing}

Hit rate as a share of Belady's, room for ${percent(BAR_ROOM, 0)} of the experts, by half-life in accesses per known key.

${halfLifeTable(halfLives)}
`;
}

/** Renders the comparisons on one trace as Markdown. */
export function renderTrace(comparison: TraceComparison): string {
  return `# Experts on a router trace\n\n${tablesOf(comparison)}\n`;
}

function tablesOf(comparison: TraceComparison): string {
  const { trace, layers, experts, used, passes } = comparison;
  return `## ${trace}: ${layers} layers of ${experts} experts, ${used} used, ${Math.round(passes).toLocaleString('en')} passes

Hit rate, and in parentheses its share of the hit rate of Belady's optimum. All layers share one cache, as in the engine; the room is a share of all experts.

${policyTable(comparison)}

## Predictors on ${trace}, cache \`roundLfu\`

${predictors.map(({ name, description }) => `- **${name}**: ${description}.`).join('\n')}

The predicted experts of a layer are read ahead before its router is computed, and arrive in time. Reads are on demand and ahead. A wasted expert was read ahead, and left the cache unused.${comparison.isSynthetic ? ' Layers of a synthetic trace know nothing of each other, so this trace says nothing about transitions between layers of a real model.' : ''}

${predictorTable(comparison)}`;
}

function policyTable({ policies }: TraceComparison): string {
  const names = [...new Set(policies.map(({ policy }) => policy))];
  const rows = names.map((name) => [
    name,
    ...ROOMS.map((room) => {
      const found = policies.find((one) => one.policy === name && one.room === room);
      return found === undefined ? '' : `${percent(found.hitRate)} (${share(found)})`;
    }),
  ]);
  return table(['policy', ...ROOMS.map((room) => `room for ${percent(room, 0)}`)], rows);
}

function share({ hitRate, beladyHitRate }: { hitRate: number; beladyHitRate: number }): string {
  return (beladyHitRate === 0 ? 0 : hitRate / beladyHitRate).toFixed(3);
}

function shapeTable(traces: readonly TraceComparison[]): string {
  const shown = ['lru', 'lfu', 'roundLfu', 'belady'];
  const rows = traces.map(({ trace, layers, experts, used, policies }) => [
    `${trace}: ${layers} × ${experts}, ${used} used`,
    ...shown.map((name) => {
      const found = policies.find(({ policy, room }) => policy === name && room === BAR_ROOM);
      return found === undefined ? '' : `${percent(found.hitRate)} (${share(found)})`;
    }),
  ]);
  return table(['shape', ...shown], rows);
}

function predictorTable({ predictors: results, layers, expertBytes }: TraceComparison): string {
  const bytes = (experts: number): string =>
    expertBytes === undefined ? '' : ` (${((experts * expertBytes) / 2 ** 20).toFixed(0)} MiB)`;
  const rows = results.map(({ predictor, room, precision, recall, hitRate, reads, wasted }) => [
    predictor,
    percent(room, 0),
    percent(precision),
    percent(recall),
    percent(hitRate),
    `${(reads * layers).toFixed(1)}${bytes(reads * layers)}`,
    `${(wasted * layers).toFixed(1)}${bytes(wasted * layers)}`,
  ]);
  return table(
    ['predictor', 'room', 'precision', 'recall', 'hit rate', 'reads a token', 'wasted a token'],
    rows,
  );
}

function halfLifeTable(results: ExpertResults['halfLives']): string {
  const lives = [...new Set(results.map(({ halfLifeRounds }) => halfLifeRounds))];
  const rows = [...Map.groupBy(results, ({ shape }) => shape)].map(([shape, own]) => [
    shape,
    ...lives.map(
      (life) => own.find(({ halfLifeRounds }) => halfLifeRounds === life)?.ofBelady.toFixed(3) ?? '',
    ),
  ]);
  return table(['shape', ...lives.map(String)], rows);
}

/** Hit rate by policy over the room in the cache. */
export function expertsChart({ trace, passes, policies }: TraceComparison): TopLevelSpec {
  return lineChart({
    title: 'Which policy keeps the experts that are needed again',
    subtitle: [
      `Hit rate on a synthetic router trace of ${Math.round(passes).toLocaleString('en')} tokens, one at a time.`,
      'Dashed: Belady’s optimum, which knows the future.',
    ],
    xTitle: 'room in the cache, % of the experts',
    yTitle: 'hit rate, %',
    points: policies.map(({ policy, room, hitRate }) => ({
      panel: trace,
      line: policy,
      x: 100 * room,
      y: 100 * hitRate,
    })),
    colors: policyColors,
    dashed: ['belady'],
    columns: 1,
    yHighest: 100,
  });
}
