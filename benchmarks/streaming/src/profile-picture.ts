// Draws events of a profile: a lane for each track, time from left to right.
import type { ProfileEvent } from '@rondo/model';

const WIDTH = 1000;
const LEFT = 90;
const LANE = 30;
const BAR = 20;
const TOP = 44;

/** Kinds of events by their colour. The first kind whose words a name begins with counts. */
const kinds = [
  { label: 'matrix products', words: ['matmul'], color: '#4c78a8' },
  { label: 'attention', words: ['attention'], color: '#9467bd' },
  { label: 'waiting for the other thread', words: ['barrier'], color: '#d9d9d9' },
  { label: 'reading', words: ['read'], color: '#f28e2b' },
  { label: 'other operations', words: [''], color: '#76b7b2' },
] as const;

const tracks: readonly { readonly name: string; readonly title: string }[] = [
  { name: 'thread 0', title: 'thread 0' },
  { name: 'thread 1', title: 'thread 1' },
  { name: 'wait', title: 'waits' },
  { name: 'read 0', title: 'read 0' },
  { name: 'read 1', title: 'read 1' },
  { name: 'read 2', title: 'read 2' },
  { name: 'read 3', title: 'read 3' },
];

/** The picture as SVG, readable on light and dark pages. */
export function pictureOf(events: readonly ProfileEvent[]): string {
  const pass = events.find(({ track }) => track === 'pass');
  if (!pass) throw new RangeError('The events of a pass are drawn, and there is no pass.');
  const { startMs, endMs } = pass;
  const scale = (WIDTH - LEFT - 10) / (endMs - startMs);
  const x = (ms: number) => LEFT + (Math.min(Math.max(ms, startMs), endMs) - startMs) * scale;
  const height = TOP + LANE * tracks.length + 40;
  const bars = tracks.flatMap(({ name, title }, lane) => {
    const y = TOP + LANE * lane;
    const own = events.filter(({ track }) => track === name);
    return [
      `<text x="4" y="${y + 15}">${title}</text>`,
      ...own.map((event) => {
        const width = x(event.endMs) - x(event.startMs);
        const tip = `${event.name}${event.details?.['part'] === undefined ? '' : `, ${event.details['part']}`}: ${(event.endMs - event.startMs).toFixed(2)} ms`;
        return `<rect x="${x(event.startMs).toFixed(2)}" y="${y}" width="${Math.max(width, 0.2).toFixed(2)}" height="${BAR}" fill="${colorOf(event.name, name)}"><title>${tip}</title></rect>`;
      }),
    ];
  });
  const legend = kinds.map(
    ({ label, color }, index) =>
      `<rect x="${LEFT + 200 * index}" y="10" width="12" height="12" fill="${color}"/><text x="${LEFT + 200 * index + 17}" y="21">${label}</text>`,
  );
  const ticks = Array.from({ length: 6 }, (_, index) => {
    const ms = ((endMs - startMs) * index) / 5;
    return `<text x="${x(startMs + ms).toFixed(1)}" y="${height - 14}" text-anchor="middle">${ms.toFixed(0)} ms</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 20} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<title>One token of a streamed model: what the threads compute, and what is read meanwhile</title>',
    `<rect width="${WIDTH + 20}" height="${height}" fill="#fff"/>`,
    ...legend,
    ...bars,
    ...ticks,
    '</svg>\n',
  ].join('\n');
}

function colorOf(name: string, track: string): string {
  if (track === 'wait') return '#d9d9d9';
  return kinds.find(({ words }) => words.some((word) => name.startsWith(word)))?.color ?? '#76b7b2';
}
