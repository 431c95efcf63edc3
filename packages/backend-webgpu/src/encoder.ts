// Notes operations. Shapes are checked here; fused, placed and turned into dispatches they are when submitted.
import { RondoError } from '@rondo/errors';
import {
  checkAttention,
  checkCopy,
  checkElementwise,
  checkGetRows,
  checkMatmul,
  checkRmsNorm,
  checkRope,
  checkRow,
  checkRows,
  checkScatterAdd,
  checkTopK,
  elements,
  sizes,
  type Encoder,
  type Shape,
  type Tensor,
} from '@rondo/tensor';
import { supportedDtypes, wgslFormats } from './formats/index.ts';
import { fuse } from './fuse.ts';
import type { GpuTensor } from './gpu-tensors.ts';
import { topKParts } from './lower-top-k.ts';
import type { Operation } from './operations.ts';
import { createPlacer } from './place.ts';

/** An encoder whose notes can be submitted. */
export interface GpuEncoder extends Encoder {
  readonly operations: readonly Operation[];
}

const none = () => false;

function placedBytes(operations: readonly Operation[]): number {
  return createPlacer()
    .place(operations, none)
    .sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** A new, empty encoder. */
export function createEncoder(): GpuEncoder {
  const operations: Operation[] = [];

  function note<Noted extends Operation>(operation: Noted): Noted {
    operations.push(operation);
    return operation;
  }

  const result = (shape: Shape): GpuTensor => ({ shape, region: { bytes: elements(shape) * 4 }, start: 0 });
  const given = (tensor: Tensor) => tensor as GpuTensor;

  return {
    rmsNorm(x, weight, epsilon, groupSize) {
      const size = checkRmsNorm(x, weight, groupSize);
      return note({ kind: 'rmsNorm', x: given(x), weight, size, epsilon, out: result(x.shape) }).out;
    },
    layerNorm(x, weight, epsilon) {
      checkRow('layerNorm', x, weight);
      return note({ kind: 'layerNorm', x: given(x), weight, epsilon, out: result(x.shape) }).out;
    },
    addRow(x, weight) {
      checkRow('addRow', x, weight);
      return note({ kind: 'addRow', x: given(x), weight, out: result(x.shape) }).out;
    },
    matmul(weight, x) {
      checkMatmul(weight, x);
      if (!wgslFormats.has(weight.dtype)) {
        throw new RondoError(
          'UNSUPPORTED',
          `The WebGPU backend has no kernel for ${weight.dtype} weights yet; it has ${supportedDtypes.join(', ')}.`,
          { details: { dtype: weight.dtype } },
        );
      }
      const out = result([sizes(x)[0], weight.shape[0] ?? 0]);
      let firstRow = 0;
      for (const part of weight.parts ?? []) {
        note({ kind: 'matmul', x: given(x), weights: [part], firstRow, outs: [out] });
        firstRow += part.shape[0] ?? 0;
      }
      if (!weight.parts) note({ kind: 'matmul', x: given(x), weights: [weight], outs: [out] });
      return out;
    },
    rope(x, spans, rope) {
      checkRope(x, spans, rope);
      return note({ kind: 'rope', x: given(x), spans, rope, out: result(x.shape) }).out;
    },
    attention(q, k, v, spans, options) {
      const out = result([sizes(q)[0], checkAttention(q, k, v, spans, options)]);
      const added = k && v && { added: { k: given(k), v: given(v) } };
      return note({ kind: 'attention', q: given(q), ...added, spans, options, out }).out;
    },
    gated(gate, up, activation) {
      checkElementwise('gated', gate, up);
      return note({ kind: 'gated', a: given(gate), b: given(up), activation, out: result(gate.shape) }).out;
    },
    activate(x, activation) {
      return note({ kind: 'map', a: given(x), name: activation, out: result(x.shape) }).out;
    },
    scale(x, factor) {
      return note({ kind: 'map', a: given(x), name: 'scale', number: factor, out: result(x.shape) }).out;
    },
    softcap(x, cap) {
      return note({ kind: 'map', a: given(x), name: 'softcap', number: cap, out: result(x.shape) }).out;
    },
    add(a, b) {
      checkElementwise('add', a, b);
      return note({ kind: 'add', a: given(a), b: given(b), out: result(a.shape) }).out;
    },
    topK(x, count) {
      checkTopK(x, count);
      const [rows, width] = sizes(x);
      const parts = topKParts(width);
      const candidates = parts > 1 ? { candidates: { bytes: rows * parts * 2 * count * 4 } } : {};
      return note({ kind: 'topK', x: given(x), count, ...candidates, out: result([rows, 2 * count]) }).out;
    },
    getRows(x, rows) {
      checkGetRows(x, rows);
      return note({ kind: 'getRows', x: given(x), rows, out: result([rows.length, sizes(x)[1]]) }).out;
    },
    scatterAdd(x, addend, rows, scales) {
      checkScatterAdd(x, addend, rows, scales);
      return note({
        kind: 'scatterAdd',
        x: given(x),
        addend: given(addend),
        rows,
        scales,
        out: result(x.shape),
      }).out;
    },
    rows(x, start, count) {
      checkRows(x, start, count);
      const { region, start: before } = given(x);
      const [, width] = sizes(x);
      return { shape: [count, width], region, start: before + start * width } as GpuTensor;
    },
    copy(x, into) {
      checkCopy(x, into);
      let a = given(x);
      // No kernel can read and write one buffer.
      if (a.region === given(into).region) a = note({ kind: 'copy', a, out: result(x.shape) }).out;
      note({ kind: 'copy', a, out: given(into) });
    },
    get temporaryBytes() {
      // Weights that come one by one, or in parts, leave nothing to fuse.
      return Math.max(placedBytes(operations), placedBytes(fuse(operations, none)));
    },
    operations,
  };
}
