// What disk and processor do during one token, strategy by strategy, on one time axis.
import type { TopLevelSpec } from 'vega-lite';
import type { Interval } from '../timeline.ts';
import { workColors } from './colors.ts';

/** What one strategy did, from the beginning of a token. */
export interface TimelinePanel {
  readonly title: string;
  readonly intervals: readonly Interval[];
}

/** Panels below each other, from 0 to `untilMs` milliseconds. */
export function timelineChart(
  panels: readonly TimelinePanel[],
  untilMs: number,
  subtitle: string[],
): TopLevelSpec {
  const works = Object.keys(workColors);
  return {
    title: { text: 'What disk and processor do during one token', subtitle },
    spacing: 14,
    vconcat: panels.map(({ title, intervals }, index) => ({
      title: { text: title, fontSize: 12, anchor: 'start', offset: 4 },
      width: 860,
      height: 58,
      data: {
        values: intervals
          .filter(({ startMs, endMs }) => endMs > 0 && startMs < untilMs)
          .map(({ lane, work, key, startMs, endMs }) => ({
            lane,
            work,
            key,
            start: Math.max(0, startMs),
            end: Math.min(untilMs, endMs),
          })),
      },
      encoding: {
        y: {
          field: 'lane',
          type: 'nominal',
          title: null,
          sort: ['processor', 'disk'],
          axis: { ticks: false },
        },
        x: {
          field: 'start',
          type: 'quantitative',
          title: index === panels.length - 1 ? 'ms since the token began' : null,
          scale: { domain: [0, untilMs], nice: false },
        },
      },
      layer: [
        {
          mark: { type: 'bar', stroke: 'white', strokeWidth: 1 },
          encoding: {
            x2: { field: 'end' },
            color: {
              field: 'work',
              type: 'nominal',
              title: null,
              scale: { domain: works, range: Object.values(workColors) },
              legend: { orient: 'top', labelFontSize: 12 },
            },
          },
        },
        {
          transform: [
            { filter: `datum.end - datum.start > ${untilMs / 70}` },
            { calculate: '(datum.start + datum.end) / 2', as: 'middle' },
          ],
          mark: { type: 'text', fontSize: 9, color: 'white' },
          encoding: {
            x: { field: 'middle', type: 'quantitative' },
            text: { field: 'key', type: 'nominal' },
          },
        },
      ],
    })),
  };
}
