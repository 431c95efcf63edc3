// Vega-Lite to SVG, without a browser.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Config } from 'vega-lite/types_unstable/config.js';

const config: Config = {
  background: 'white',
  aria: false,
  font: 'Helvetica, Arial, sans-serif',
  axis: { labelFontSize: 11, titleFontSize: 11, titleFontWeight: 'normal', gridColor: '#e6e6e6' },
  title: { fontSize: 15, anchor: 'start', subtitleFontSize: 12, subtitleColor: '#444444', offset: 14 },
  header: { labelFontSize: 12, labelFontWeight: 'bold', title: null },
  view: { stroke: '#bbbbbb' },
};

/** The chart as the text of an SVG file. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile({ ...spec, config }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
