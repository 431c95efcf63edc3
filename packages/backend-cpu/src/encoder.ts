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
  layoutOf,
  ropeTable,
  rowBytes,
  sizes,
  type AttentionOptions,
  type AttentionSpan,
  type Encoder,
  type Shape,
  type Tensor,
} from '@rondo/tensor';
import { inputRowBytes, isDecoded, matmulInputs, unpackedRowBytes } from './matmul-inputs.ts';
import { writeCommands, type AddressOf, type Operation } from './command-list.ts';
import type { CpuKvCache, CpuTensor, CpuWeight } from './cpu-tensors.ts';
import { kvRowBytes } from './kv-cache.ts';
import { plan, type Plan } from './plan.ts';
import * as protocol from './protocol.ts';

/** An encoder whose notes can be turned into a command list. */
export interface CpuEncoder extends Encoder {
  /** The plan of what has been noted; computed when needed. */
  plan(): Plan;
  /** The command list, with temporaries from `temporaries` on. */
  commands(temporaries: number): Uint32Array;
}

/** Room in which a thread unpacks rows of a weight: more, and they leave its cache before all tokens have met them. */
const UNPACKED_BYTES = 128 * 1024;

const bits = new DataView(new ArrayBuffer(4));

function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** A new, empty encoder; `threads` decides how finely matrix products are cut. */
export function createEncoder(threads: number): CpuEncoder {
  const operations: Operation[] = [];
  /** Quantized activations, so that three products with one input quantize it once. */
  const quantized = new Map<Tensor, Map<number, CpuTensor>>();
  let planned: Plan | undefined;

  function note(operation: Operation): void {
    planned = undefined;
    operations.push(operation);
  }

  function result(shape: Shape): CpuTensor {
    return { shape, region: { bytes: elements(shape) * 4 }, offsetBytes: 0 };
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

  function attendSpan(
    q: CpuTensor,
    k: CpuTensor,
    v: CpuTensor,
    out: CpuTensor,
    firstRow: number,
    span: AttentionSpan,
    { layer, scale, window = 0xffffffff, softcap = 0 }: AttentionOptions,
  ): void {
    const cache = span.cache as CpuKvCache;
    const { position, tokens } = span;
    const { heads: kvHeads, headSize, capacity } = cache;
    const region = cache.regions[layer];
    if (!region) throw new RangeError(`There is no layer ${layer}.`);
    const [, width] = sizes(q);
    const row = (tensor: CpuTensor) => ({
      region: tensor.region,
      offsetBytes: tensor.offsetBytes + firstRow * sizes(tensor)[1] * 4,
    });
    const keys = { region, offsetBytes: 0 };
    const rowBytes = kvRowBytes(cache);
    const values = { region, offsetBytes: kvHeads * capacity * rowBytes };
    note({
      code: protocol.OP_STORE_KV,
      reads: [k.region, v.region],
      writes: [region],
      parameters: (address) => [
        address(row(k)),
        address(row(v)),
        address(keys),
        address(values),
        tokens,
        kvHeads,
        headSize,
        capacity,
        position,
        rowBytes,
      ],
    });
    note({
      code: protocol.OP_ATTENTION,
      reads: [q.region, region],
      writes: [out.region],
      parameters: (address) => [
        address(row(q)),
        address(row(out)),
        address(keys),
        address(values),
        tokens,
        width / headSize,
        kvHeads,
        headSize,
        capacity,
        position,
        floatBits(scale),
        window,
        floatBits(softcap),
        rowBytes,
        headsPerUnit(tokens, width / headSize, kvHeads, threads),
      ],
    });
  }

  const encoder: CpuEncoder = {
    rmsNorm(x, weight, epsilon) {
      checkRmsNorm(x, weight);
      const [rows, width] = sizes(x);
      const input = x as CpuTensor;
      const out = result(x.shape);
      note({
        code: protocol.OP_RMS_NORM,
        reads: [input.region],
        writes: [out.region],
        parameters: (address) => [
          address(input),
          addressOfWeight(weight),
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
      const [outWidth = 0, inWidth = 0] = weight.shape;
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
      const stride = inputRowBytes(kind, width);
      const xStride = kind === protocol.INPUT_F32 ? width * 4 : stride;
      const chunk = Math.max(1, Math.min(32, Math.ceil(outWidth / (threads * 8))));
      const decoded = isDecoded(weight.dtype);
      const unpackedBytes = decoded || tokens >= 4 ? unpackedRowBytes(weight.dtype, width) : 0;
      const unpackedRows = decoded
        ? 1
        : unpackedBytes && Math.max(1, Math.min(chunk, Math.floor(UNPACKED_BYTES / unpackedBytes)));
      const unpacked = { region: { bytes: threads * unpackedRows * unpackedBytes }, offsetBytes: 0 };
      note({
        code: decoded ? protocol.OP_MATMUL_DECODED : protocol.OP_MATMUL,
        reads: [input.region],
        writes: unpackedBytes ? [out.region, unpacked.region] : [out.region],
        parameters: (address) => [
          layoutOf(weight.dtype).id,
          addressOfWeight(weight),
          rowBytes(weight.dtype, inWidth),
          outWidth,
          inWidth,
          address(input),
          xStride,
          tokens,
          address(out),
          chunk,
          unpackedBytes && address(unpacked),
          unpackedBytes,
          unpackedRows,
        ],
      });
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
        attendSpan(q as CpuTensor, k as CpuTensor, v as CpuTensor, out, row, span, options);
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
      const width = sizes(x)[1];
      const { region, offsetBytes } = x as CpuTensor;
      return { shape: [count, width], region, offsetBytes: offsetBytes + start * width * 4 } as CpuTensor;
    },

    copy(x, into) {
      checkCopy(x, into);
      noteCopy(x as CpuTensor, into as Tensor as CpuTensor);
    },

    get temporaryBytes() {
      return encoder.plan().bytes;
    },

    plan() {
      planned ??= plan(operations);
      return planned;
    },

    commands(temporaries) {
      const { barriers, offsets } = encoder.plan();
      const address: AddressOf = ({ region, offsetBytes }) =>
        (region.address ?? temporaries + (offsets.get(region) ?? 0)) + offsetBytes;
      return writeCommands(operations, barriers, address);
    },
  };
  return encoder;
}

/** How many heads with common keys attention takes together: all of them, or fewer where threads would have nothing to do. */
function headsPerUnit(rows: number, heads: number, kvHeads: number, threads: number): number {
  const group = heads / kvHeads;
  const divisors = Array.from({ length: group }, (_, index) => group - index).filter(
    (count) => group % count === 0 && count <= protocol.HEADS_PER_UNIT,
  );
  return divisors.find((count) => (rows * heads) / count >= 2 * threads) ?? 1;
}

function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}
