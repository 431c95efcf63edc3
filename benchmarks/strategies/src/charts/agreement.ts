// Measured times over simulated times, run by run: on the diagonal they are equal.
import type { TopLevelSpec } from 'vega-lite';
import type { Field } from 'vega-lite/types_unstable/channeldef.js';
import type { LayerSpec } from 'vega-lite/types_unstable/spec/layer.js';
import type { Comparison } from '../compare.ts';
import { prefetchColors } from './colors.ts';

const SIZE = 300;
const BAND = 0.2;

/** A panel for each balance of computing and reading. */
export function agreementChart(comparisons: readonly Comparison[]): TopLevelSpec {
  const balances = [...new Set(comparisons.map(({ measured }) => measured.balance))];
  return {
    title: {
      text: 'Measured and simulated times',
      subtitle: [
        'Each point is a run of the real engine beside the same run in virtual time,',
        'given what disk and processor did right before and after. On the line they',
        `are equal; in the band they are within ${100 * BAND} %.`,
      ],
    },
    spacing: 30,
    hconcat: balances.map((balance) =>
      panel(
        balance,
        comparisons.filter(({ measured }) => measured.balance === balance),
      ),
    ),
  };
}

function panel(title: string, comparisons: readonly Comparison[]): LayerSpec<Field> {
  const strategies = Object.keys(prefetchColors);
  const points = comparisons.map(({ measured, simulated }) => ({
    prefetch: measured.prefetch,
    measured: rounded(measured.timeMs / measured.accesses),
    simulated: rounded(simulated.timeMs / simulated.accesses),
  }));
  const highest = Math.ceil(
    Math.max(...points.flatMap(({ measured, simulated }) => [measured, simulated])) * 1.05,
  );
  const band = [0, highest / (1 + BAND), highest].map((x) => ({
    x,
    low: x * (1 - BAND),
    high: Math.min(highest, x * (1 + BAND)),
  }));
  const scale = { domain: [0, highest], nice: false };
  return {
    title: { text: title, fontSize: 12, anchor: 'start', offset: 6 },
    width: SIZE,
    height: SIZE,
    layer: [
      {
        data: { values: band },
        mark: { type: 'area', color: '#dddddd', opacity: 0.6 },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: 'simulated, ms an access', scale },
          y: { field: 'low', type: 'quantitative', title: 'measured, ms an access', scale },
          y2: { field: 'high' },
        },
      },
      {
        data: { values: [0, highest].map((x) => ({ x, y: x })) },
        mark: { type: 'line', color: '#555555', strokeWidth: 1 },
        encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', size: 28, filled: true, opacity: 0.75 },
        encoding: {
          x: { field: 'simulated', type: 'quantitative' },
          y: { field: 'measured', type: 'quantitative' },
          color: {
            field: 'prefetch',
            type: 'nominal',
            title: null,
            scale: { domain: strategies, range: Object.values(prefetchColors) },
            legend: { orient: 'top', symbolOpacity: 1 },
          },
          shape: {
            field: 'prefetch',
            type: 'nominal',
            title: null,
            scale: { domain: strategies, range: ['circle', 'square', 'diamond', 'triangle-up'] },
          },
        },
      },
    ],
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
