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
  type Shape,
  type Tensor,
  type Weight,
} from '@rondo/tensor';
import { attention } from './attention.ts';
import { floatBits, type Operation } from './command-list.ts';
import { addressOfWeight, type CpuTensor, type CpuWeight } from './cpu-tensors.ts';
import { inputRowBytes, matmulInputs } from './matmul-inputs.ts';
import { plan, type Plan, type PlannedOperation, type Region } from './plan.ts';
import { product, type SentInputs } from './product.ts';
import * as protocol from './protocol.ts';
import { rowsOf, transfer } from './transfers.ts';

/** What is to be done with a weight that comes only when it is its turn: by then it is known where it lies. */
export interface LateOperation extends PlannedOperation {
  /** The weight as the encoder was given it. */
  readonly described: Weight;
  with(weight: CpuWeight): Iterable<Operation>;
}

/** What an encoder has noted. */
export type Noted = Operation | LateOperation;

/** An encoder whose notes can be turned into command lists. */
export interface CpuEncoder extends Encoder {
  readonly noted: readonly Noted[];
  /** The plan of what has been noted; computed when needed. */
  plan(): Plan;
}

/** A new, empty encoder; `threads` decides how finely matrix products are cut. */
export function createEncoder(threads: number): CpuEncoder {
  const noted: Noted[] = [];
  /** Quantized activations, so that three products with one input quantize it once. */
  const quantized = new Map<CpuTensor, Map<number, CpuTensor>>();
  const copies: SentInputs = new Map();
  let planned: Plan | undefined;

  function note(operation: Noted): void {
    planned = undefined;
    noted.push(operation);
  }

  /** Notes what is done with a weight: now where it is there, else when it comes. */
  function noteWith(
    weight: Weight,
    { reads, writes }: PlannedOperation,
    operations: (weight: CpuWeight, copies: SentInputs) => Iterable<Operation>,
  ): void {
    if ('address' in weight) {
      for (const operation of operations(weight as CpuWeight, copies)) note(operation);
    } else note({ described: weight, reads, writes, with: (loaded) => operations(loaded, new Map()) });
  }

  function result(shape: Shape, memory = 0): CpuTensor {
    return { shape, region: { bytes: elements(shape) * 4, memory }, offsetBytes: 0 };
  }

  /** The input of a product in the form its kernel wants. */
  function inputOf(x: CpuTensor, kind: number): CpuTensor {
    if (kind === protocol.INPUT_F32) return x;
    const known = quantized.get(x)?.get(kind);
    if (known) return known;
    const [rows, width] = sizes(x);
    const stride = inputRowBytes(kind, width);
    const out: CpuTensor = { shape: x.shape, region: { bytes: rows * stride }, offsetBytes: 0 };
    note({
      code: protocol.OP_QUANTIZE,
      reads: [x.region],
      writes: [out.region],
      parameters: (address) => [address(x), address(out), rows, width, stride, kind],
    });
    quantized.set(x, (quantized.get(x) ?? new Map<number, CpuTensor>()).set(kind, out));
    return out;
  }

  /** Drops what was derived from values that are now others. */
  function forget(region: Region): void {
    for (const known of [quantized, copies]) {
      for (const tensor of known.keys()) if (tensor.region === region) known.delete(tensor);
    }
  }

  function elementwise(code: number, a: CpuTensor, b: CpuTensor, more: readonly number[]): Tensor {
    const out = result(a.shape);
    note({
      code,
      reads: [a.region, b.region],
      writes: [out.region],
      parameters: (address) => [address(a), address(b), address(out), elements(a.shape), ...more],
    });
    return out;
  }

  /** Notes what is done with a small weight, such as that of a norm, which comes to where x lies. */
  function withRow(
    x: Tensor,
    weight: Weight,
    operation: (near: CpuTensor, x: CpuTensor, out: CpuTensor) => Pick<Operation, 'code' | 'parameters'>,
  ): Tensor {
    const input = x as CpuTensor;
    const out = result(x.shape);
    noteWith(weight, { reads: [input.region], writes: [out.region] }, function* (loaded) {
      const { memory = 0 } = loaded;
      const bytes = elements(loaded.shape) * 4;
      let near: CpuTensor = {
        shape: loaded.shape,
        region: { bytes, address: addressOfWeight(loaded), memory },
        offsetBytes: 0,
      };
      if (memory !== 0) {
        const far = near;
        near = { shape: loaded.shape, region: { bytes }, offsetBytes: 0 };
        yield transfer(far, near, bytes);
      }
      yield {
        ...operation(near, input, out),
        reads: [input.region, near.region],
        writes: [out.region],
      };
    });
    return out;
  }

  /** Notes a function of each value. */
  function map(kind: number, x: Tensor, number = 0): Tensor {
    const input = x as CpuTensor;
    const out = result(x.shape);
    note({
      code: protocol.OP_MAP,
      reads: [input.region],
      writes: [out.region],
      parameters: (address) => [address(input), address(out), elements(x.shape), kind, floatBits(number)],
    });
    return out;
  }

  function noteCopy(from: CpuTensor, to: CpuTensor): void {
    note({
      code: protocol.OP_COPY,
      reads: [from.region],
      writes: [to.region],
      parameters: (address) => [address(from), address(to), elements(from.shape)],
    });
  }

  const encoder: CpuEncoder = {
    rmsNorm(x, weight, epsilon) {
      checkRmsNorm(x, weight);
      const size = elements(weight.shape);
      return withRow(x, weight, (near, input, out) => ({
        code: protocol.OP_RMS_NORM,
        parameters: (address) => [
          address(input),
          address(near),
          address(out),
          elements(x.shape) / size,
          size,
          floatBits(epsilon),
        ],
      }));
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
      forget(target.region);
    },

    get temporaryBytes() {
      // What travels to another memory is not counted: where a cache lies is no matter of what is computed.
      return encoder.plan().bytesIn[0] ?? 0;
    },

    noted,

    plan() {
      planned ??= plan(noted);
      return planned;
    },
  };
  return encoder;
}
