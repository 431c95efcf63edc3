// Sizes of shapes, and the checks that every backend makes before it notes an operation. For those who write a backend.
import { RondoError } from '@rondo/errors';
import type {
  AttentionOptions,
  AttentionSpan,
  KvCacheShape,
  KvLayerShape,
  Rope,
  Shape,
  Span,
  Tensor,
  Weight,
} from './backend.ts';

/** @throws RondoError `BAD_SHAPE` naming the operation and the shapes */
export function mismatch(operation: string, shapes: Record<string, Shape>): never {
  const list = Object.entries(shapes).map(([name, shape]) => `${name} [${shape.join(', ')}]`);
  throw new RondoError('BAD_SHAPE', `${operation}: these shapes do not go together: ${list.join(', ')}.`, {
    details: { operation, shapes },
  });
}

/** Rows and width of an activation. */
export function sizes(tensor: Tensor): [rows: number, width: number] {
  const width = tensor.shape.at(-1) ?? 1;
  return [elements(tensor.shape) / width, width];
}

/** Number of values of a shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * What `Encoder.rmsNorm` takes.
 *
 * @returns values of each group that is normalized on its own
 * @throws RondoError `BAD_SHAPE`
 */
export function checkRmsNorm(x: Tensor, weight: Weight | undefined, size = sizes(x)[1]): number {
  const groupSize = weight ? elements(weight.shape) : size;
  if ((weight && weight.dtype !== 'F32') || !(groupSize > 0) || sizes(x)[1] % groupSize !== 0)
    mismatch(weight ? `rmsNorm with a ${weight.dtype} weight` : `rmsNorm of groups of ${size} values`, {
      x: x.shape,
      ...(weight && { weight: weight.shape }),
    });
  return groupSize;
}

/** What `Encoder.layerNorm` and `Encoder.addRow` take. @throws RondoError `BAD_SHAPE` */
export function checkRow(operation: string, x: Tensor, row: Weight): void {
  if (row.dtype !== 'F32' || elements(row.shape) !== sizes(x)[1])
    mismatch(`${operation} with a ${row.dtype} weight`, { x: x.shape, weight: row.shape });
}

/** What `Encoder.matmul` takes. @throws RondoError `BAD_SHAPE` */
export function checkMatmul(weight: Weight, x: Tensor): void {
  const [rows, width] = weight.shape;
  if (weight.shape.length !== 2 || width !== sizes(x)[1])
    mismatch('matmul', { weight: weight.shape, x: x.shape });
  if (!weight.parts) return;
  const partRows = weight.parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const alike = weight.parts.every(
    ({ dtype, shape }) => dtype === weight.dtype && shape.length === 2 && shape[1] === width,
  );
  if (!alike || partRows !== rows)
    mismatch(`matmul with ${weight.parts.length} parts of ${weight.dtype}`, {
      weight: weight.shape,
      ...Object.fromEntries(weight.parts.map(({ shape }, index) => [`part ${index}`, shape])),
    });
}

/** What `Backend.submit` fails with where a weight is only described and nothing leases it. */
export function unleasedWeight({ dtype, shape }: Weight): RondoError {
  return new RondoError(
    'BAD_ARGUMENT',
    `The weight ${dtype} [${shape.join(', ')}] is only described; give \`submit\` what leases it, or encode one from a slot.`,
    { details: { dtype, shape } },
  );
}

/** What `Encoder.rope` takes. @throws RondoError `BAD_SHAPE` */
export function checkRope(x: Tensor, spans: readonly Span[], rope: Rope): void {
  const { headSize, dimensions, frequencies } = rope;
  const [rows, width] = sizes(x);
  checkSpans('rope', spans, rows);
  if (width % headSize !== 0 || dimensions > headSize || dimensions !== 2 * frequencies.length)
    mismatch(`rope of ${dimensions} values in heads of ${headSize}`, { x: x.shape });
}

/** The shape of the layer of a cache that attention uses. @throws RondoError `BAD_ARGUMENT` where there is none */
export function kvLayerOf({ layers }: KvCacheShape, layer: number): KvLayerShape {
  const shape = layers[layer];
  if (shape) return shape;
  const have = layers.flatMap((one, index) => (one ? [index] : []));
  throw new RondoError(
    'BAD_ARGUMENT',
    `The cache has keys and values of ${have.length} layers, none with the index ${layer}.`,
    { details: { layer } },
  );
}

/**
 * What `Encoder.attention` takes.
 *
 * @returns the values of a row of the result
 * @throws RondoError `BAD_SHAPE`, `BAD_ARGUMENT` for the layer, `CONTEXT_FULL`
 */
export function checkAttention(
  q: Tensor,
  k: Tensor | undefined,
  v: Tensor | undefined,
  spans: readonly AttentionSpan[],
  { layer, window = Infinity }: AttentionOptions,
): number {
  const [rows, width] = sizes(q);
  const shapes = { q: q.shape, ...(k && { k: k.shape }), ...(v && { v: v.shape }) };
  checkSpans('attention', spans, rows);
  if ((k === undefined) !== (v === undefined)) mismatch('attention with keys or values alone', shapes);
  let resultWidth = 0;
  for (const { cache, position, tokens } of spans) {
    const { heads, keySize, valueSize, keptPositions = Infinity } = kvLayerOf(cache, layer);
    const fits = (tensor: Tensor | undefined, size: number) =>
      !tensor || (sizes(tensor)[0] === rows && sizes(tensor)[1] === heads * size);
    const next = (width / keySize) * valueSize;
    if (
      width % (keySize * heads) !== 0 ||
      !fits(k, keySize) ||
      !fits(v, valueSize) ||
      (resultWidth !== 0 && next !== resultWidth)
    )
      mismatch(`Attention with a cache of ${heads} heads of ${keySize} and ${valueSize}`, shapes);
    resultWidth = next;
    checkPositions(position + tokens, cache.positions);
    const seen = Math.min(position + tokens, window + tokens - 1);
    if (seen > keptPositions) {
      throw new RondoError(
        'BAD_ARGUMENT',
        `${tokens} tokens that see a window of ${window} positions need ${seen} of them at once, but layer ${layer} keeps ${keptPositions}.`,
        { details: { layer, tokens, window, keptPositions } },
      );
    }
  }
  return resultWidth;
}

/** That a cache has room for so many positions of those wanted. @throws RondoError `CONTEXT_FULL` */
export function checkPositions(wanted: number, positions: number): void {
  if (wanted <= positions) return;
  throw new RondoError(
    'CONTEXT_FULL',
    `Positions up to ${wanted} were asked for, but the cache has room for ${positions}.`,
    { details: { wanted, positions } },
  );
}

/** What `Encoder.gated` and `Encoder.add` take. @throws RondoError `BAD_SHAPE` */
export function checkElementwise(operation: string, a: Tensor, b: Tensor): void {
  if (elements(a.shape) !== elements(b.shape)) mismatch(operation, { a: a.shape, b: b.shape });
}

/** What `Encoder.topK` takes. @throws RondoError `BAD_SHAPE` */
export function checkTopK(x: Tensor, count: number): void {
  if (!(count >= 1 && count <= sizes(x)[1])) mismatch(`topK of ${count}`, { x: x.shape });
}

/** What `Encoder.getRows` takes. @throws RondoError `BAD_SHAPE` */
export function checkGetRows(x: Tensor, rows: readonly number[]): void {
  const [count] = sizes(x);
  if (rows.length === 0 || rows.some((row) => !(row >= 0 && row < count)))
    mismatch(`getRows of [${rows.join(', ')}]`, { x: x.shape });
}

/** What `Encoder.scatterAdd` takes. @throws RondoError `BAD_SHAPE` */
export function checkScatterAdd(
  x: Tensor,
  addend: Tensor,
  rows: readonly number[],
  scales: readonly number[],
): void {
  checkGetRows(x, rows);
  const [count, width] = sizes(addend);
  const once = new Set(rows).size === rows.length;
  if (!once || width !== sizes(x)[1] || rows.length !== count || scales.length !== count)
    mismatch(`scatterAdd to rows [${rows.join(', ')}]`, { x: x.shape, addend: addend.shape });
}

/** What `Encoder.rows` takes. @throws RondoError `BAD_SHAPE` */
export function checkRows(x: Tensor, start: number, count: number): void {
  if (start < 0 || count < 1 || start + count > sizes(x)[0])
    mismatch(`rows ${start} to ${start + count}`, { x: x.shape });
}

/** What `Encoder.copy` takes. @throws RondoError `BAD_SHAPE` */
export function checkCopy(x: Tensor, into: Tensor): void {
  const [rows, width] = sizes(x);
  const [room, intoWidth] = sizes(into);
  if (width !== intoWidth || rows > room) mismatch('copy', { x: x.shape, into: into.shape });
}

function checkSpans(operation: string, spans: readonly Span[], rows: number): void {
  const covered = spans.reduce((sum, { tokens }) => sum + tokens, 0);
  if (covered !== rows) mismatch(`${operation} over spans of ${covered} tokens`, { rows: [rows] });
}
