// The page `docs/figures.md`: the headline figures of the committed results, beside the claims of published layer caches.
import { isMet, type Bar } from './bars.ts';
import { inALine, type Machine } from './machine.ts';
import { percent, table } from './table.ts';

/** The content of a result file of `bench:peers` or `bench:streaming`. */
export interface BarResults {
  readonly date: string;
  readonly machine: Machine;
  readonly bars: readonly Bar[];
}

/** The results of one benchmark on one processor. */
export interface ProcessorResults extends BarResults {
  /** The folder of the results, from the root of the repository. */
  readonly folder: string;
  /** The command that makes such results, such as `bench:peers`. */
  readonly command: string;
}

/** The part of the results of `bench:strategies` that the page shows. */
export interface SimulatedResults {
  readonly hitRates: readonly {
    readonly pattern: string;
    readonly policy: string;
    readonly slots: number;
    readonly hitRate: number;
  }[];
  readonly columns: readonly string[];
  readonly cells: readonly {
    readonly pattern: string;
    readonly balance: string;
    readonly rows: readonly (readonly (string | number | null)[])[];
  }[];
}

/** The part of the results of `bench:gguf` that the page shows. */
export interface HeaderResults {
  readonly machine: Machine;
  readonly header: {
    readonly fileBytes: number;
    readonly strings: number;
    readonly ours: { readonly median: number };
  };
}

/** The results that the page is made of. */
export interface FiguresInput {
  readonly processors: readonly ProcessorResults[];
  readonly simulated: SimulatedResults;
  readonly header: HeaderResults;
}

const LAYERS = 32;
const POLICIES = ['lru', 'protectedLru', 'pinned', 'belady'];
const SLOTS = [4, 8, 16];
const DISTANCES = [1, 2, 3, 4];

/** The page as Markdown. */
export function figuresPage(input: FiguresInput): string {
  const { processors, simulated } = input;
  return [
    '# Figures',
    'Every figure on this page comes from a file of results in this repository. The command that makes the file anew stands beside it. A test compares the page with the files.',
    ...processors.flatMap(barsOf),
    '## Beside published layer caches',
    'Several projects publish a cache of layers with prefetch for models larger than memory. The first column has their headline figures. "Not said" is what a reader needs to compare them.',
    publishedTable(input),
    `### Hit rate of a loop over ${LAYERS} equal layers`,
    'A token uses the layers in the same order each time. So `lru` evicts each layer just before its next use. Simulated, `npx -y pnpm@12 bench:strategies`.',
    hitRateTable(simulated),
    '### Milliseconds per layer by prefetch distance',
    `Reading a layer takes 10 ms and computing it 2.5 ms, and there is room for 16 of ${LAYERS} layers. Simulated, \`npx -y pnpm@12 bench:strategies\`.`,
    distanceTable(simulated),
  ]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}

function barsOf({ date, machine, bars, folder, command }: ProcessorResults): string[] {
  return [
    `## ${command}, ${machine.cpu}`,
    `${date.slice(0, 10)}. ${inALine(machine)}. \`npx -y pnpm@12 ${command}\`, results in [${folder}](../${folder}/latest.md).`,
    table(
      ['what', 'against', 'reached', 'to close', 'met', 'figures'],
      bars.map((bar) => [
        bar.what,
        bar.against,
        typeof bar.reached === 'string' ? bar.reached : bar.reached.toFixed(2),
        String(bar.least),
        isMet(bar) ? 'yes' : 'no',
        bar.figures,
      ]),
    ),
  ];
}

function publishedTable({ processors, simulated, header: { header, machine } }: FiguresInput): string {
  const figuresOf = (what: string) => {
    for (const { bars, machine: measured } of processors)
      for (const bar of bars) if (bar.what === what) return `${bar.figures} (${measured.cpu})`;
    throw new RangeError(`No result is called ${what}.`);
  };
  const hitRate = (policy: string) => percent(hitRateOf(simulated, policy, 16), 0);
  const megabytes = (header.fileBytes / 1e6).toFixed(1);
  const strings = header.strings.toLocaleString('en-US');
  return table(
    ['published', 'not said', 'measured here', 'command'],
    [
      [
        'opens a model in 0.01 s with 3.6 MB',
        'That only the header is read: no weight is in memory yet.',
        `a header of ${megabytes} MB with ${strings} strings in ${Math.round(header.ours.median)} ms (${machine.cpu})`,
        'bench:gguf',
      ],
      [
        'caches of 4, 8 and 16 layers',
        'The hit rate of the best possible policy.',
        `16 of ${LAYERS} layers: \`lru\` ${hitRate('lru')}, \`pinned\` ${hitRate('pinned')}, the optimum ${hitRate('belady')}`,
        'bench:strategies',
      ],
      [
        'protected layers against LRU',
        'The hits of both on the same trace.',
        `\`protectedLru\` ${hitRate('protectedLru')}, \`lru\` ${hitRate('lru')} on a loop`,
        'bench:strategies',
      ],
      [
        'prefetch distances 1 to 4',
        'The speed of the disk and of the computation.',
        'the table of distances below',
        'bench:strategies',
      ],
      [
        '100 ms a token',
        'The model, its format, the memory, and the bytes read for a token.',
        `7B Q4_0 in 2 GiB: ${figuresOf('decode, 7B Q4_0 in 2 GiB')}`,
        'bench:streaming',
      ],
      [
        'the memory of a 7B model',
        'The peak of the process under a limit that the system enforces.',
        `in 2 GiB: ${figuresOf('peak RSS, 7B Q4_0 in 2 GiB')}`,
        'bench:streaming',
      ],
    ],
  );
}

function hitRateOf({ hitRates }: SimulatedResults, policy: string, slots: number): number {
  const found = hitRates.find(
    (one) => one.pattern === 'inference' && one.policy === policy && one.slots === slots,
  );
  if (!found) throw new RangeError(`There is no hit rate of ${policy} with ${slots} slots.`);
  return found.hitRate;
}

function hitRateTable(simulated: SimulatedResults): string {
  return table(
    ['policy', ...SLOTS.map((slots) => `room for ${slots}`)],
    POLICIES.map((policy) => [
      policy,
      ...SLOTS.map((slots) => percent(hitRateOf(simulated, policy, slots), 1)),
    ]),
  );
}

function distanceTable({ columns, cells }: SimulatedResults): string {
  const rows = cells.find(
    ({ pattern, balance }) => pattern === 'inference' && balance === 'computing takes a quarter of reading',
  )?.rows;
  const wanted = (policy: string, distance: number) => ({ policy, prefetch: 'async', distance, slots: 16 });
  const msOf = (policy: string, distance: number) => {
    const values = Object.entries(wanted(policy, distance));
    const row = rows?.find((one) => values.every(([name, value]) => one[columns.indexOf(name)] === value));
    if (!row) throw new RangeError(`There is no run of ${policy} at distance ${distance}.`);
    return Number(row[columns.indexOf('timeMs')]) / Number(row[columns.indexOf('accesses')]);
  };
  return table(
    ['policy', ...DISTANCES.map((distance) => `${distance} ahead`)],
    POLICIES.map((policy) => [policy, ...DISTANCES.map((distance) => msOf(policy, distance).toFixed(2))]),
  );
}
