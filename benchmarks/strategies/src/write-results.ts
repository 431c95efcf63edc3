// Writes the files of a run.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { hitRateChart, throughputChart, timePerTokenChart } from './charts/index.ts';
import type { ExpertResults } from './experts/compare-experts.ts';
import { expertsChart, renderExperts } from './experts/report-experts.ts';
import { agreementChart } from './charts/agreement.ts';
import { renderSvg } from './charts/render.ts';
import { timelineChart } from './charts/timeline.ts';
import type { Cell } from './product.ts';
import { renderMeasured, type Measured } from './report-real.ts';
import { renderSimulated, SHOWN_SLOTS, type Simulated } from './report.ts';
import { timelines } from './timeline-runs.ts';

/** Writes tables, figures and charts of the simulation; returns the tables. */
export async function writeSimulated(folder: string, results: Simulated): Promise<string> {
  const text = renderSimulated(results);
  const { panels, untilMs, subtitle } = await timelines();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'simulated.md'), text);
  await writeFile(join(folder, 'simulated.json'), simulatedJson(results));
  await writeChart(folder, 'hit-rate', hitRateChart(results.hitRates, results.countedAccesses));
  await writeChart(folder, 'throughput', throughputChart(results.cells));
  await writeChart(folder, 'time-per-token', timePerTokenChart(results.cells, SHOWN_SLOTS));
  await writeChart(folder, 'timeline', timelineChart(panels, untilMs, subtitle));
  return text;
}

/** Writes the measurements; returns the tables. */
export async function writeMeasured(folder: string, measured: Measured): Promise<string> {
  const text = renderMeasured(measured);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'real.md'), text);
  await writeFile(join(folder, 'real.json'), measuredJson(measured));
  await writeChart(folder, 'real', agreementChart(measured.comparisons));
  return text;
}

/** Writes tables, figures and a chart of the comparisons on router traces; returns the tables. */
export async function writeExperts(folder: string, results: ExpertResults): Promise<string> {
  const text = renderExperts(results);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'experts.md'), text);
  await writeFile(join(folder, 'experts.json'), `${JSON.stringify(results, rounded, 1)}\n`);
  const [first] = results.traces;
  if (first !== undefined) await writeChart(folder, 'experts', expertsChart(first));
  return text;
}

async function writeChart(folder: string, name: string, spec: TopLevelSpec): Promise<void> {
  await writeFile(join(folder, `${name}.svg`), await renderSvg(spec));
}

/** Cells as rows of one line each, under the names of their columns. Thousands of objects would consist mostly of names. */
function simulatedJson({ cells, ...others }: Simulated): string {
  const [first] = cells;
  const columns = (first === undefined ? [] : (Object.keys(first) as (keyof Cell)[])).filter(
    (name) => name !== 'pattern' && name !== 'balance',
  );
  const groups = Map.groupBy(cells, ({ pattern, balance }) => JSON.stringify({ pattern, balance }));
  const text = [...groups].map(([names, own]) => {
    const rows = own.map((cell) =>
      JSON.stringify(
        columns.map((name) => cell[name]),
        rounded,
      ),
    );
    return `${names.slice(0, -1)},"rows":[\n${rows.join(',\n')}\n]}`;
  });
  const head = JSON.stringify({ ...others, columns }, rounded, 1).slice(0, -2);
  return `${head},\n "cells": [\n${text.join(',\n')}\n]\n}\n`;
}

/** Runs on one line each. */
function measuredJson({ comparisons, ...others }: Measured): string {
  const rows = comparisons.map(({ measured, simulated, loadMs, computeMs }) => {
    const { pattern, balance, policy, prefetch, distance, slots, accesses, limitMs } = measured;
    const names = {
      pattern,
      balance,
      policy,
      prefetch,
      distance,
      slots,
      accesses,
      limitMs,
      loadMs,
      computeMs,
    };
    return JSON.stringify({ ...names, measured: outcome(measured), simulated: outcome(simulated) }, rounded);
  });
  const head = JSON.stringify(others, rounded, 1).slice(0, -2);
  return `${head},\n "comparisons": [\n${rows.join(',\n')}\n]\n}\n`;
}

function outcome({ timeMs, stallMs, hits, lateHits, misses, loads }: Cell): Partial<Cell> {
  return { timeMs, stallMs, hits, lateHits, misses, loads };
}

function rounded(_key: string, value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
