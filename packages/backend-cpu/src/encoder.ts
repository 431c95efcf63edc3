// Notes operations as commands for the kernels. Shapes are checked here; memory is given and addresses are written when
// the encoder is submitted.
import { RondoError } from '@rondo/errors';
import {
  layoutOf,
  rowBytes,
  type AttentionOptions,
  type AttentionSpan,
  type Encoder,
  type Shape,
  type Span,
  type Tensor,
} from '@rondo/tensor';
import { inputRowBytes, matmulInputs, unpackedRowBytes } from './matmul-inputs.ts';
import { writeCommands, type AddressOf, type Operation } from './command-list.ts';
import type { CpuKvCache, CpuTensor, CpuWeight } from './cpu-tensors.ts';
import { plan, type Plan } from './plan.ts';
import * as protocol from './protocol.ts';
import { ropeTable } from './rope-table.ts';
import { elements, mismatch, sizes } from './shapes.ts';

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
    const count = elements(a.shape);
    if (count !== elements(b.shape)) mismatch('An element by element operation', { a: a.shape, b: b.shape });
    const out = result(a.shape);
    note({
      code,
      reads: [a.region, b.region],
      writes: [out.region],
      parameters: (address) => [address(a), address(b), address(out), count, ...more],
    });
    return out;
  }

  function spanRows(operation: string, spans: readonly Span[], rows: number): void {
    const covered = spans.reduce((sum, { tokens }) => sum + tokens, 0);
    if (covered !== rows) mismatch(`${operation} over spans of ${covered} tokens`, { rows: [rows] });
  }

  function attendSpan(
    q: CpuTensor,
    k: CpuTensor,
    v: CpuTensor,
    out: CpuTensor,
    firstRow: number,
    span: AttentionSpan,
    { layer, scale, window = 0xffffffff }: AttentionOptions,
  ): void {
    const cache = span.cache as CpuKvCache;
    const { position, tokens } = span;
    const { heads: kvHeads, headSize, capacity } = cache;
    const region = cache.regions[layer];
    if (!region)
      throw new RondoError(
        'BAD_ARGUMENT',
        `The cache has ${cache.layers} layers, none with the index ${layer}.`,
      );
    const [, width] = sizes(q);
    const row = (tensor: CpuTensor) => ({
      region: tensor.region,
      offsetBytes: tensor.offsetBytes + firstRow * sizes(tensor)[1] * 4,
    });
    if (sizes(k)[1] !== kvHeads * headSize || width % headSize !== 0 || (width / headSize) % kvHeads !== 0) {
      mismatch(`Attention with a cache of ${kvHeads} heads of ${headSize}`, {
        q: q.shape,
        k: k.shape,
        v: v.shape,
      });
    }
    if (position + tokens > capacity) {
      throw new RondoError(
        'CONTEXT_FULL',
        `Positions up to ${position + tokens} were asked for, but the cache holds ${capacity}.`,
        {
          details: { position, tokens, capacity },
        },
      );
    }
    const keys = { region, offsetBytes: 0 };
    const values = { region, offsetBytes: kvHeads * capacity * headSize * 4 };
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
      ],
    });
  }

  const encoder: CpuEncoder = {
    rmsNorm(x, weight, epsilon) {
      const [rows, width] = sizes(x);
      if (weight.dtype !== 'F32' || elements(weight.shape) !== width)
        mismatch(`rmsNorm with a ${weight.dtype} weight`, { x: x.shape, weight: weight.shape });
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
      const [tokens, width] = sizes(x);
      const [outWidth = 0, inWidth = 0] = weight.shape;
      if (inWidth !== width || weight.shape.length !== 2)
        mismatch('matmul', { weight: weight.shape, x: x.shape });
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
      const unpackedBytes = tokens < 4 ? 0 : unpackedRowBytes(weight.dtype, width);
      const unpackedRows =
        unpackedBytes && Math.max(1, Math.min(chunk, Math.floor(UNPACKED_BYTES / unpackedBytes)));
      const unpacked = { region: { bytes: threads * unpackedRows * unpackedBytes }, offsetBytes: 0 };
      note({
        code: protocol.OP_MATMUL,
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
      const [rows, width] = sizes(x);
      spanRows('rope', spans, rows);
      const { headSize, dimensions } = rope;
      if (width % headSize !== 0 || dimensions > headSize || dimensions % 2 !== 0)
        mismatch(`rope of ${dimensions} values in heads of ${headSize}`, { x: x.shape });
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
      const [rows] = sizes(q);
      spanRows('attention', spans, rows);
      if (sizes(k)[0] !== rows || elements(k.shape) !== elements(v.shape))
        mismatch('attention', { q: q.shape, k: k.shape, v: v.shape });
      const out = result(q.shape);
      let row = 0;
      for (const span of spans) {
        attendSpan(q as CpuTensor, k as CpuTensor, v as CpuTensor, out, row, span, options);
        row += span.tokens;
      }
      return out;
    },

    gated(gate, up, activation) {
      const code = activation === 'silu' ? protocol.ACTIVATION_SILU : protocol.ACTIVATION_GELU;
      return elementwise(protocol.OP_GATED, gate as CpuTensor, up as CpuTensor, [code]);
    },

    add(a, b) {
      return elementwise(protocol.OP_ADD, a as CpuTensor, b as CpuTensor, []);
    },

    rows(x, start, count) {
      const [rows, width] = sizes(x);
      if (start < 0 || count < 1 || start + count > rows)
        mismatch(`rows ${start} to ${start + count}`, { x: x.shape });
      const { region, offsetBytes } = x as CpuTensor;
      return { shape: [count, width], region, offsetBytes: offsetBytes + start * width * 4 } as CpuTensor;
    },

    copy(x, into) {
      const [rows, width] = sizes(x);
      const [room, intoWidth] = sizes(into);
      if (width !== intoWidth || rows > room) mismatch('copy', { x: x.shape, into: into.shape });
      const [from, to] = [x as CpuTensor, into as Tensor as CpuTensor];
      note({
        code: protocol.OP_COPY,
        reads: [from.region],
        writes: [to.region],
        parameters: (address) => [address(from), address(to), rows * width],
      });
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

function addressOfWeight(weight: CpuWeight): number {
  if (weight.address === undefined)
    throw new RondoError('BAD_ARGUMENT', 'A weight without a slot cannot be submitted.');
  return weight.address;
}
