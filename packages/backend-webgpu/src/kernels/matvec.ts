// The product for few tokens: 32 threads read a row of the weight; the input's values are in workgroup memory.
import { kernel, THREADS, type Kernel } from './kernel.ts';
import { LANES, matmulCode, matmulInterface, matmulName, streamsOf, type MatmulOptions } from './matmul.ts';
import { operandsCode, type Operands } from './operands.ts';

/** Number of rows that the 32 threads of a team read at the same time, so that more loads are in flight. */
const STREAMS = 2;
const TEAMS = THREADS / LANES;
/** Stride in vec4s between adjacent places of a group: one more than the lanes, so that threads use different memory banks. */
const PITCH = LANES + 1;

/** Number of rows in a block. */
export const matvecRows = (options: MatmulOptions): number => (TEAMS * STREAMS) / streamsOf(options);

/** Bytes of workgroup memory for `tokens` tokens at once. */
export const matvecWorkgroupBytes = (tokens: number, operands: Operands): number =>
  tokens * (8 * PITCH * operandsCode[operands].bytes + TEAMS * STREAMS * PITCH * 4);

/** Workgroups: x over blocks of rows of all parts, y over tokens, `tokens` tokens at a time. */
export function matvec(options: MatmulOptions, tokens: number): Kernel {
  return kernel(`matvec ${matmulName(options)} tokens ${tokens}`, () => {
    const gated = streamsOf(options) > 1;
    const rows = STREAMS / streamsOf(options);
    const streams = Array.from({ length: STREAMS }, (_, s) => ({
      s,
      row: gated ? 'first_row' : `first_row + ${s}u`,
      base: gated ? `p.base${s}` : 'base',
    }));
    const columns = Array.from({ length: tokens }, (_, t) => t);
    const each = (text: (s: number, t: number) => string) =>
      streams.flatMap(({ s }) => columns.map((t) => text(s, t))).join('\n  ');
    const products = Array.from({ length: 8 }, (_, i) => {
      const xs = columns.map((t) => `let x${t} = four(xs[${(t * 8 + i) * PITCH}u + lane]);`);
      const weights = streams.map(({ s }) => `let w${s} = four(operand(values(g${s}, ${i}u)));`);
      return `{ ${[...xs, ...weights].join(' ')}\n        ${each((s, t) => `sum${s}_${t} = fma(w${s}, x${t}, sum${s}_${t});`)} }`;
    });
    return {
      ...matmulInterface(options),
      code: /* wgsl */ `${matmulCode(options, tokens)}
var<workgroup> xs: array<Operand, ${tokens * 8 * PITCH}>;
var<workgroup> lanes: array<f32, ${TEAMS * STREAMS * tokens * PITCH}>;

fn total_of(slot: u32) -> f32 {
  var total = 0.0;
  for (var l = 0u; l < ${LANES}u; l++) { total += lanes[slot * ${PITCH}u + l]; }
  return total;
}

fn multiply(thread: u32, block: u32, first_token: u32) {
  let lane = thread % ${LANES}u;
  let team = thread / ${LANES}u;
  let part = part_of(block);
  let base = base_of(part);
  let rows = rows_of(part);
  let block_row = (block - first_block(part)) * ${TEAMS * rows}u;
  let first_row = block_row + team * ${rows}u;
  ${each((s, t) => `var sum${s}_${t} = vec4<f32>(0.0);`)}
  for (var first = 0u; first < p.groups; first += ${LANES}u) {
    // The weights are on their way while x is put into place.
    let group = min(first + lane, p.groups - 1u);
    ${streams.map(({ s, row, base }) => `let g${s} = load_group(${base} + min(${row}, rows - 1u) * p.row_bytes, group);`).join('\n    ')}
    ${columns.map((t) => `xs[(${t * 8}u + thread % 8u) * ${PITCH}u + thread / 8u] = operand(x4(first_token + ${t}u, first * 32u + thread * 4u));`).join('\n    ')}
    workgroupBarrier();
    if (first + lane < p.groups) {
      ${products.join('\n      ')}
    }
    workgroupBarrier();
  }
  ${each((s, t) => `lanes[((team * ${STREAMS}u + ${s}u) * ${tokens}u + ${t}u) * ${PITCH}u + lane] = (sum${s}_${t}.x + sum${s}_${t}.y) + (sum${s}_${t}.z + sum${s}_${t}.w);`)}
  workgroupBarrier();
  let row = thread / ${tokens}u;
  let token = thread % ${tokens}u;
  if (thread < ${TEAMS * rows * tokens}u && block_row + row < rows && first_token + token < p.tokens) {
    ${
      gated
        ? `let value = gated(total_of(row * ${2 * tokens}u + token), total_of((row * 2u + 1u) * ${tokens}u + token));`
        : 'let value = total_of(thread);'
    }
    store(part, first_token + token, block_row + row, value);
  }
}
`,
    };
  });
}
