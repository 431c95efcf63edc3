// Products as dispatches: the choice of kernel and rows.
import { RondoError } from '@rondo/errors';
import { rowBytes, sizes } from '@rondo/tensor';
import type { Dispatch, LoweringContext } from '../dispatch.ts';
import { GROUP, supportedDtypes, wgslFormats } from '../formats/index.ts';
import type { GpuBuffer } from '../memory.ts';
import { matmat, TILE_ROWS } from '../kernels/matmat.ts';
import { matvec, matvecRows, matvecWorkgroupBytes } from '../kernels/matvec.ts';
import type { MatmulOptions } from '../kernels/matmul.ts';
import type { Lowering, MatmulOperation, ProductGroup } from './operation.ts';
import { piecesOf, type GpuTensor, type GpuWeight, type WeightPiece } from '../gpu-tensors.ts';

/** The most tokens for `matvec`; more tokens are multiplied in tiles by `matmat`. */
const FEW_TOKENS = 8;

/**
 * A product as noted: one operation for each part of the weight.
 *
 * @throws RondoError `UNSUPPORTED` for a data type without a kernel
 */
export function noteMatmul(weight: GpuWeight, x: GpuTensor, out: GpuTensor): MatmulOperation[] {
  checkDtype(weight);
  if (!weight.parts) return [{ kind: 'matmul', x, weights: [weight], outs: [out] }];
  return partsOf(weight).map(({ part, firstRow }) => ({
    kind: 'matmul',
    x,
    weights: [part],
    firstRow,
    outs: [out],
  }));
}

/**
 * A product of groups as noted: one operation for each group, and for each part of the weight.
 *
 * @throws RondoError `UNSUPPORTED` for a data type without a kernel
 */
export function noteGroupedMatmul(
  weight: GpuWeight,
  x: GpuTensor,
  groups: number,
  out: GpuTensor,
): MatmulOperation[] {
  checkDtype(weight);
  const groupRows = sizes(weight)[0] / groups;
  return partsOf(weight).flatMap(({ part, firstRow }) => {
    const end = firstRow + sizes(part)[0];
    const from = Math.floor(firstRow / groupRows);
    return Array.from({ length: Math.ceil(end / groupRows) - from }, (_, i): MatmulOperation => {
      const index = from + i;
      const rows = {
        start: Math.max(firstRow, index * groupRows) - firstRow,
        end: Math.min(end, (index + 1) * groupRows) - firstRow,
      };
      return {
        kind: 'matmul',
        x,
        weights: [part],
        firstRow,
        group: { index, count: groups, rows },
        outs: [out],
      };
    });
  });
}

/** The parts of a weight, and the first row of each. */
function partsOf(weight: GpuWeight): { readonly part: GpuWeight; readonly firstRow: number }[] {
  let row = 0;
  return (weight.parts ?? [weight]).map((part) => {
    const firstRow = row;
    row += part.shape[0] ?? 0;
    return { part, firstRow };
  });
}

function checkDtype({ dtype }: GpuWeight): void {
  if (wgslFormats.has(dtype)) return;
  throw new RondoError(
    'UNSUPPORTED',
    `The WebGPU backend has no kernel for ${dtype} weights yet; it has ${supportedDtypes.join(', ')}.`,
    { details: { dtype } },
  );
}

/** The pieces of a weight, or of the rows that multiply one group. */
function piecesFor(weight: GpuWeight, group: ProductGroup | undefined): readonly WeightPiece[] {
  const pieces = piecesOf(weight);
  if (!group) return pieces;
  const bytes = rowBytes(weight.dtype, sizes(weight)[1]);
  return pieces.flatMap(({ buffer, offsetBytes, firstRow, rows }) => {
    const start = Math.max(firstRow, group.rows.start);
    const end = Math.min(firstRow + rows, group.rows.end);
    if (start >= end) return [];
    return [
      { buffer, offsetBytes: offsetBytes + (start - firstRow) * bytes, firstRow: start, rows: end - start },
    ];
  });
}

/** One dispatch, or one dispatch for each buffer over which a weight is spread. */
export const lowerMatmul: Lowering<'matmul'> = (operation, context) => {
  const weights = operation.weights.map((weight) => piecesFor(weight, operation.group));
  // Fused weights have one piece each (see `fuse.ts`), so they take one dispatch together.
  const most = weights.reduce((longest, { length }) => Math.max(longest, length), 0);
  return Array.from({ length: most }, (_, index) =>
    dispatchPieces(
      operation,
      weights.flatMap((pieces) => pieces[index] ?? []),
      context,
    ),
  );
};

function dispatchPieces(
  { x, weights, form, biases = [], residual, outs, firstRow: first = 0, group }: MatmulOperation,
  pieces: readonly WeightPiece[],
  { traits, bufferOf, table }: LoweringContext,
): Dispatch {
  const [tokens, stride] = sizes(x);
  const { index = 0, count = 1 } = group ?? {};
  const inner = stride / count;
  const start = x.start + index * inner;
  const [weight] = weights;
  const [piece] = pieces;
  const format = weight && wgslFormats.get(weight.dtype);
  if (!format || !piece) throw new RondoError('BAD_ARGUMENT', 'A product without a weight was noted.');
  const options: MatmulOptions = {
    format,
    operands: traits.operands,
    parts: weights.length,
    form,
    bias: biases.length > 0,
    residual: residual !== undefined,
    aligned: inner % 4 === 0 && start % 4 === 0,
  };
  const few = tokens <= FEW_TOKENS;
  const tokensAtOnce = few
    ? tokens > 2 && matvecWorkgroupBytes(4, traits.operands) <= traits.workgroupBytes
      ? 4
      : Math.min(tokens, 2)
    : tokens > 32
      ? 64
      : tokens > 16
        ? 32
        : 16;
  const blockRows = few ? matvecRows(options) : TILE_ROWS;
  const parameters: Record<string, number> = {
    inner,
    groups: Math.ceil(inner / GROUP),
    row_bytes: rowBytes(format.dtype, inner),
    tokens,
    x_start: start,
    x_stride: stride,
    residual_start: (residual?.start ?? 0) + piece.firstRow,
  };
  const buffers: Record<string, GpuBuffer> = {
    weights: piece.buffer,
    ...(format.table && { table: table(format.table()) }),
    x: bufferOf(x.region),
    ...(residual && { residual: bufferOf(residual.region) }),
  };
  let blocks = 0;
  for (const [i, { offsetBytes, rows }] of pieces.entries()) {
    parameters[`base${i}`] = offsetBytes;
    parameters[`rows${i}`] = rows;
  }
  for (const [i, out] of outs.entries()) {
    const { firstRow, rows } = pieces[i] ?? piece;
    parameters[`first_block${i}`] = blocks;
    parameters[`out_start${i}`] = out.start + first + firstRow;
    parameters[`stride${i}`] = sizes(out)[1];
    buffers[`out${i}`] = bufferOf(out.region);
    const bias = biases[i];
    if (bias) parameters[`bias_start${i}`] = piecesOf(bias)[0].offsetBytes / 4;
    blocks += Math.ceil(rows / blockRows);
  }
  return {
    kernel: few
      ? matvec(options, tokensAtOnce)
      : matmat(options, tokensAtOnce === 64 ? 4 : tokensAtOnce === 32 ? 2 : 1),
    buffers,
    parameters: { ...parameters, blocks },
    workgroups: [Math.min(blocks, traits.workgroups), Math.ceil(tokens / tokensAtOnce), 1],
  };
}
