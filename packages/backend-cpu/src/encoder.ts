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
  checkRows,
  checkScatterAdd,
  checkTopK,
  elements,
  ropeTable,
  sizes,
  type Encoder,
  type Shape,
  type Tensor,
} from '@rondo/tensor';
import { attention } from './attention.ts';
import { floatBits, writeLists, type ListTarget, type Operation } from './command-list.ts';
import { addressOfWeight, type CpuTensor, type CpuWeight } from './cpu-tensors.ts';
import { inputRowBytes, matmulInputs } from './matmul-inputs.ts';
import { plan, type Plan, type Region } from './plan.ts';
import { product } from './product.ts';
import * as protocol from './protocol.ts';
import { rowsOf, transfer, travellingParts } from './transfers.ts';

/** An encoder whose notes can be turned into a command list. */
export interface CpuEncoder extends Encoder {
  /** The plan of what has been noted; computed when needed. */
  plan(): Plan;
  /**
   * Writes the command lists and gives the address of the one in memory 0; `temporaries` are the addresses of the
   * temporaries in each memory.
   */
  write(target: Omit<ListTarget, 'address'> & { readonly temporaries: readonly number[] }): number;
}

/** A new, empty encoder; `threads` decides how finely matrix products are cut. */
export function createEncoder(threads: number): CpuEncoder {
  const operations: Operation[] = [];
  /** Quantized activations, so that three products with one input quantize it once. */
  const quantized = new Map<CpuTensor, Map<number, CpuTensor>>();
  /** Copies of inputs in the memory of a weight, so that three products with one input send it once. */
  const copies = new Map<CpuTensor, CpuTensor>();
  let planned: Plan | undefined;

  function note(operation: Operation): void {
    planned = undefined;
    operations.push(operation);
  }

  function result(shape: Shape, memory = 0): CpuTensor {
    return { shape, region: { bytes: elements(shape) * 4, memory }, offsetBytes: 0 };
  }

  /** A copy of a tensor of `bytes` bytes in another memory. */
  function sent(x: CpuTensor, bytes: number, memory: number): CpuTensor {
    const copy: CpuTensor = { shape: x.shape, region: { bytes, memory }, offsetBytes: 0 };
    note(transfer(x, copy, bytes));
    return copy;
  }

  /** The same, once for all that read it there. */
  function sentOnce(x: CpuTensor, bytes: number, memory: number): CpuTensor {
    const known = copies.get(x);
    if (known?.region.memory === memory) return known;
    const copy = sent(x, bytes, memory);
    copies.set(x, copy);
    return copy;
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

  function noteCopy(from: CpuTensor, to: CpuTensor): void {
    note({
      code: protocol.OP_COPY,
      reads: [from.region],
      writes: [to.region],
      parameters: (address) => [address(from), address(to), elements(from.shape)],
    });
  }

  /** A copy in memory 0 of a weight that lies in another one. */
  function nearWeight(weight: CpuWeight, bytes: number): CpuTensor | undefined {
    const { address, memory = 0, shape } = weight;
    if (memory === 0 || address === undefined) return undefined;
    return sent({ shape, region: { bytes, address, memory }, offsetBytes: 0 }, bytes, 0);
  }

  const encoder: CpuEncoder = {
    rmsNorm(x, weight, epsilon) {
      checkRmsNorm(x, weight);
      const [rows, width] = sizes(x);
      const input = x as CpuTensor;
      const out = result(x.shape);
      const near = nearWeight(weight, width * 4);
      note({
        code: protocol.OP_RMS_NORM,
        reads: near ? [input.region, near.region] : [input.region],
        writes: [out.region],
        parameters: (address) => [
          address(input),
          near ? address(near) : addressOfWeight(weight),
          address(out),
          rows,
          width,
          floatBits(epsilon),
        ],
      });
      return out;
    },

    matmul(weight, x) {
      checkMatmul(weight, x);
      const [tokens, width] = sizes(x);
      const [outWidth] = weight.shape;
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
      const out = result([tokens, outWidth]);
      const { memory = 0 } = weight as CpuWeight;
      if (memory === 0) {
        note(product(weight, kind, input, out, threads));
        return out;
      }
      const stride = inputRowBytes(kind, width);
      for (const part of travellingParts(tokens)) {
        const bytes = part.count * stride;
        const there =
          part.count === tokens
            ? sentOnce(input, bytes, memory)
            : sent(rowsOf(input, part, stride), bytes, memory);
        const products = result([part.count, outWidth], memory);
        note(product(weight, kind, there, products, threads));
        note(transfer(products, rowsOf(out, part, outWidth * 4), products.region.bytes));
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
        data: new Uint32Array(ropeTable(spans, rope).buffer),
      });
      return out;
    },

    attention(q, k, v, spans, options) {
      checkAttention(q, k, v, spans, options);
      const out = result(q.shape);
      let row = 0;
      for (const span of spans) {
        const rows = { start: row, count: span.tokens };
        const part = (tensor: Tensor) => rowsOf(tensor as CpuTensor, rows, sizes(tensor)[1] * 4);
        for (const operation of attention(part(q), part(k), part(v), part(out), span, options, threads))
          note(operation);
        row += span.tokens;
      }
      return out;
    },

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
        data: Uint32Array.from(rows),
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
        data: Uint32Array.from(rows.flatMap((row, i) => [row, floatBits(scales[i] ?? 0)])),
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
      return encoder.plan().bytes;
    },

    plan() {
      planned ??= plan(operations);
      return planned;
    },

    write({ temporaries, ...target }) {
      const { barriers, offsets } = encoder.plan();
      return writeLists(operations, barriers, {
        ...target,
        address({ region, offsetBytes }) {
          const start = region.address ?? (temporaries[region.memory ?? 0] ?? 0) + (offsets.get(region) ?? 0);
          return start + offsetBytes;
        },
      });
    },
  };
  return encoder;
}
