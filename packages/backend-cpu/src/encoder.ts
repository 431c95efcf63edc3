// Notes operations as commands for the kernels. Shapes are checked here; memory is given and addresses are written when
// the encoder is submitted.
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
  ropeTable,
  sizes,
  type Encoder,
  type Tensor,
} from '@rondo/tensor';
import { attention } from './attention.ts';
import { floatBits, type AddressOf } from './command-list.ts';
import type { CpuTensor } from './cpu-tensors.ts';
import { matmulInputs } from './matmul-inputs.ts';
import { createNotes, type Noted } from './notes.ts';
import type { Plan } from './plan.ts';
import { product } from './product.ts';
import * as protocol from './protocol.ts';
import { rowsOf } from './transfers.ts';

/** An encoder whose notes can be turned into command lists. */
export interface CpuEncoder extends Encoder {
  readonly noted: readonly Noted[];
  /** The plan of what has been noted; computed when needed. */
  plan(): Plan;
}

/** A new, empty encoder; `threads` decides how finely matrix products are cut. */
export function createEncoder(threads: number): CpuEncoder {
  const notes = createNotes();
  const { noted, note, noteWith, result, inputOf, elementwise, withRow, map, noteCopy } = notes;

  const encoder: CpuEncoder = {
    rmsNorm(x, weight, epsilon, groupSize) {
      const size = checkRmsNorm(x, weight, groupSize);
      const operation = (near: CpuTensor | undefined, input: CpuTensor, out: CpuTensor) => ({
        code: protocol.OP_RMS_NORM,
        parameters: (address: AddressOf) => [
          address(input),
          near ? address(near) : 0,
          address(out),
          elements(x.shape) / size,
          size,
          floatBits(epsilon),
        ],
      });
      if (weight) return withRow(x, weight, operation);
      const input = x as CpuTensor;
      const out = result(x.shape);
      note({ ...operation(undefined, input, out), reads: [input.region], writes: [out.region] });
      return out;
    },

    layerNorm(x, weight, epsilon) {
      checkRow('layerNorm', x, weight);
      return withRow(x, weight, (near, input, out) => ({
        code: protocol.OP_LAYER_NORM,
        parameters: (address) => [
          address(input),
          address(near),
          address(out),
          ...sizes(x),
          floatBits(epsilon),
        ],
      }));
    },

    addRow(x, row) {
      checkRow('addRow', x, row);
      return withRow(x, row, (near, input, out) => ({
        code: protocol.OP_ADD_ROW,
        parameters: (address) => [address(input), address(near), address(out), ...sizes(x)],
      }));
    },

    matmul(weight, x) {
      checkMatmul(weight, x);
      const kind = matmulInputs[weight.dtype];
      if (kind === undefined) {
        throw new RondoError(
          'UNSUPPORTED',
          `The CPU backend has no kernel for ${weight.dtype} weights yet; it has ${Object.keys(matmulInputs).join(', ')}.`,
          {
            details: { dtype: weight.dtype },
          },
        );
      }
      const input = inputOf(x as CpuTensor, kind);
      const out = result([sizes(x)[0], sizes(weight)[0]]);
      let column = 0;
      for (const part of weight.parts ?? [weight]) {
        const columns = { of: out, column };
        noteWith(part, { reads: [input.region], writes: [out.region] }, (loaded, sent) =>
          product(loaded, kind, input, columns, threads, sent),
        );
        column += sizes(part)[0];
      }
      return out;
    },

    rope(x, spans, rope) {
      checkRope(x, spans, rope);
      const [rows, width] = sizes(x);
      const { headSize, dimensions } = rope;
      const input = x as CpuTensor;
      const out = result(x.shape);
      note({
        code: protocol.OP_ROPE,
        reads: [input.region],
        writes: [out.region],
        parameters: (address) => [
          address(input),
          address(out),
          rows,
          width / headSize,
          headSize,
          dimensions,
          rope.kind === 'halves' ? 1 : 0,
        ],
        data: () => new Uint32Array(ropeTable(spans, rope).buffer),
      });
      return out;
    },

    attention(q, k, v, spans, options) {
      const width = checkAttention(q, k, v, spans, options);
      const out = result([sizes(q)[0], width]);
      let row = 0;
      for (const span of spans) {
        const rows = { start: row, count: span.tokens };
        const part = (tensor: Tensor) => rowsOf(tensor as CpuTensor, rows, sizes(tensor)[1] * 4);
        const added = k && v && { k: part(k), v: part(v) };
        for (const operation of attention(part(q), added, part(out), span, options, threads)) note(operation);
        row += span.tokens;
      }
      return out;
    },

    activate: (x, activation) => map(activation === 'silu' ? protocol.MAP_SILU : protocol.MAP_GELU, x),
    scale: (x, factor) => map(protocol.MAP_SCALE, x, factor),
    softcap: (x, cap) => map(protocol.MAP_SOFTCAP, x, cap),

    gated(gate, up, activation) {
      checkElementwise('gated', gate, up);
      const code = activation === 'silu' ? protocol.ACTIVATION_SILU : protocol.ACTIVATION_GELU;
      return elementwise(protocol.OP_GATED, gate as CpuTensor, up as CpuTensor, [code]);
    },

    add(a, b) {
      checkElementwise('add', a, b);
      return elementwise(protocol.OP_ADD, a as CpuTensor, b as CpuTensor, []);
    },

    topK(x, count) {
      checkTopK(x, count);
      const [rows, width] = sizes(x);
      const input = x as CpuTensor;
      const out = result([rows, 2 * count]);
      note({
        code: protocol.OP_TOP_K,
        reads: [input.region],
        writes: [out.region],
        parameters: (address) => [address(input), address(out), rows, width, count],
      });
      return out;
    },

    getRows(x, rows) {
      checkGetRows(x, rows);
      const width = sizes(x)[1];
      const input = x as CpuTensor;
      const out = result([rows.length, width]);
      note({
        code: protocol.OP_GET_ROWS,
        reads: [input.region],
        writes: [out.region],
        parameters: (address) => [address(input), address(out), rows.length, width],
        data: () => Uint32Array.from(rows),
      });
      return out;
    },

    scatterAdd(x, addend, rows, scales) {
      checkScatterAdd(x, addend, rows, scales);
      const [from, more] = [x as CpuTensor, addend as CpuTensor];
      const out = result(x.shape);
      noteCopy(from, out);
      note({
        code: protocol.OP_SCATTER_ADD,
        reads: [more.region],
        writes: [out.region],
        parameters: (address) => [address(more), address(out), rows.length, sizes(x)[1]],
        data: () => Uint32Array.from(rows.flatMap((row, i) => [row, floatBits(scales[i] ?? 0)])),
      });
      return out;
    },

    rows(x, start, count) {
      checkRows(x, start, count);
      return rowsOf(x as CpuTensor, { start, count }, sizes(x)[1] * 4);
    },

    copy(x, into) {
      checkCopy(x, into);
      const target = into as Tensor as CpuTensor;
      noteCopy(x as CpuTensor, target);
      notes.forget(target.region);
    },

    get temporaryBytes() {
      // What travels to another memory is not counted: where a cache lies is no matter of what is computed.
      return encoder.plan().bytesIn[0] ?? 0;
    },

    noted,

    plan: notes.plan,
  };
  return encoder;
}
