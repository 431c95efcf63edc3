// The product for many tokens: each workgroup computes a tile of 64 rows and 16, 32 or 64 tokens. Groups of 32 values are
// loaded into workgroup memory one after the other.
import { kernel, THREADS, type Kernel } from './kernel.ts';
import { LANES, matmulCode, matmulInterface, matmulName, streamsOf, type MatmulOptions } from './matmul.ts';

/** Number of rows in a block. */
export const TILE_ROWS = 64;
/** Number of threads of a tile along tokens, and also along rows. */
const SIDE = 16;
const ROWS = TILE_ROWS / SIDE;

/** Workgroups: x over blocks of rows of all parts, y over tokens, `16 * columns` tokens at a time. */
export function matmat(options: MatmulOptions, columns: 1 | 2 | 4): Kernel {
  const tokens = SIDE * columns;
  return kernel(`matmat ${matmulName(options)} tokens ${tokens}`, () => {
    const gated = streamsOf(options) > 1;
    const cells = Array.from({ length: ROWS * columns }, (_, i) => ({
      i,
      a: Math.floor(i / columns),
      b: i % columns,
    }));
    const each = (text: (cell: { i: number; a: number; b: number }) => string) =>
      cells.map(text).join('\n      ');
    const list = (count: number, text: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => text(i)).join(' ');
    const product = (base: string, total: string) => /* wgsl */ `
  ${each(({ i }) => `var ${total}${i} = 0.0;`)}
  for (var lane = 0u; lane < min(${LANES}u, p.groups); lane++) {
    ${each(({ i }) => `var sum${i} = vec4<f32>(0.0);`)}
    for (var group = lane; group < p.groups; group += ${LANES}u) {
      if (thread < ${TILE_ROWS}u) {
        let g = load_group(${base} + min(first_row + thread, rows - 1u) * p.row_bytes, group);
        ${list(8, (i) => `ws[${i * TILE_ROWS}u + thread] = operand(values(g, ${i}u));`)}
      }
      for (var i = thread; i < ${8 * tokens}u; i += ${THREADS}u) {
        // A token's place differs with i, so that threads meet different banks.
        xs[(i % 8u) * ${tokens}u + ((i / 8u) ^ (i % 8u))] = operand(x4(first_token + i / 8u, group * 32u + (i % 8u) * 4u));
      }
      workgroupBarrier();
      for (var i = 0u; i < 8u; i++) {
        ${list(ROWS, (a) => `let w${a} = four(ws[i * ${TILE_ROWS}u + down + ${a * SIDE}u]);`)}
        ${list(columns, (b) => `let x${b} = four(xs[i * ${tokens}u + ((across + ${b * SIDE}u) ^ i)]);`)}
        ${each(({ i, a, b }) => `sum${i} = fma(w${a}, x${b}, sum${i});`)}
      }
      workgroupBarrier();
    }
    ${each(({ i }) => `${total}${i} += (sum${i}.x + sum${i}.y) + (sum${i}.z + sum${i}.w);`)}
  }
`;
    return {
      ...matmulInterface(options),
      code: /* wgsl */ `${matmulCode(options, tokens)}
var<workgroup> ws: array<Operand, ${8 * TILE_ROWS}>;
var<workgroup> xs: array<Operand, ${8 * tokens}>;

fn store_cell(part: u32, token: u32, row: u32, value: f32) {
  if (token < p.tokens && row < rows_of(part)) { store(part, token, row, value); }
}

fn multiply(thread: u32, block: u32, first_token: u32) {
  let across = thread % ${SIDE}u;
  let down = thread / ${SIDE}u;
  let part = part_of(block);
  let base = base_of(part);
  let rows = rows_of(part);
  let first_row = (block - first_block(part)) * ${TILE_ROWS}u;
  ${gated ? product('p.base0', 'gate') + product('p.base1', 'total') : product('base', 'total')}
  ${each(({ i, a, b }) => `store_cell(part, first_token + across + ${b * SIDE}u, first_row + down + ${a * SIDE}u, ${gated ? `gated(gate${i}, total${i})` : `total${i}`});`)}
}
`,
    };
  });
}
