// Small multiples of lines with names at their right ends and a dashed optimum: the form of all line charts here.
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/types_unstable/spec/layer.js';
import type { UnitSpec } from 'vega-lite/types_unstable/spec/unit.js';
import type { Field } from 'vega-lite/types_unstable/channeldef.js';
import { endLabels } from './end-labels.ts';

/** A point of a line. */
export interface LinePoint {
  readonly panel: string;
  readonly line: string;
  readonly x: number;
  readonly y: number;
}

/** A chart. */
export interface LineChart {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly LinePoint[];
  readonly colors: Readonly<Record<string, string>>;
  /** The lines that are drawn dashed. */
  readonly dashed: readonly string[];
  readonly columns: number;
  /** Upper end of the y axis; by default each panel has its own. */
  readonly yHighest?: number | undefined;
}

const WIDTH = 190;
const HEIGHT = 160;
const FONT_SIZE = 10;
const LINE_HEIGHT = FONT_SIZE + 2;

type Panel = LayerSpec<Field> | UnitSpec<Field>;

/** The specification of a chart. */
export function lineChart(chart: LineChart): TopLevelSpec {
  const panels = [...new Set(chart.points.map(({ panel }) => panel))];
  return {
    title: { text: chart.title, subtitle: [...chart.subtitle] },
    columns: chart.columns,
    spacing: { row: 22, column: 24 },
    concat: panels.map((panel) => panelSpec(panel, chart)),
  };
}

function panelSpec(panel: string, chart: LineChart): Panel {
  const points = chart.points.filter((point) => point.panel === panel);
  const xs = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const highest = chart.yHighest ?? Math.max(...points.map(({ y }) => y)) * 1.08;
  const last = xs.at(-1) ?? 0;
  const lines = [...new Set(points.map(({ line }) => line))];
  const ends = lines.flatMap((line) => {
    const end = points.findLast((point) => point.line === line);
    return end === undefined ? [] : [{ name: line, color: chart.colors[line] ?? '#000000', value: end.y }];
  });
  const perPixel = highest / HEIGHT;
  const labels = endLabels(ends, {
    sameWithin: 3 * perPixel,
    lineHeight: LINE_HEIGHT * perPixel,
    highest,
  });
  const color = {
    field: 'line',
    type: 'nominal',
    legend: null,
    scale: { domain: lines, range: lines.map((line) => chart.colors[line] ?? '#000000') },
  } as const;
  return {
    title: { text: panel, fontSize: 12, anchor: 'start', offset: 6 },
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: {
          values: points.map(({ line, x, y }) => ({
            line,
            x,
            y: round(y),
            dash: chart.dashed.includes(line),
          })),
        },
        mark: { type: 'line', point: { size: 22 }, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'x',
            type: 'quantitative',
            title: chart.xTitle,
            axis: { values: xs, grid: false, format: 'd' },
            scale: { domain: [Math.min(xs[0] ?? 0, last), last], nice: false },
          },
          y: {
            field: 'y',
            type: 'quantitative',
            title: chart.yTitle,
            axis: { tickCount: 5 },
            scale: { domain: [0, highest], nice: false },
          },
          color,
          strokeDash: {
            field: 'dash',
            type: 'nominal',
            legend: null,
            scale: {
              domain: [false, true],
              range: [
                [1, 0],
                [4, 3],
              ],
            },
          },
        },
      },
      {
        data: {
          values: labels.map(({ text, value, color }) => ({
            text,
            y: round(value + ((text.length - 1) * LINE_HEIGHT * perPixel) / 2),
            fill: color,
          })),
        },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'middle',
          dx: 7,
          fontSize: FONT_SIZE,
          lineHeight: LINE_HEIGHT,
        },
        encoding: {
          x: { datum: last, type: 'quantitative' },
          y: { field: 'y', type: 'quantitative' },
          text: { field: 'text', type: 'nominal' },
          color: { field: 'fill', type: 'nominal', scale: null },
        },
      },
    ],
  };
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
