import {
  FIRST_ROUTE,
  ropeFrequencies,
  type AttentionSpan,
  type Encoder,
  type Rope,
  type Tensor,
  type Weight,
} from '@rondo/tensor';
import { describe, expect, it } from 'vitest';
import { createEncoder } from './encoder.ts';
import { fuse, type ReadLater } from './fuse.ts';
import type { GpuKvCache, GpuTensor, GpuWeight, Region } from './gpu-tensors.ts';
import type { GpuBuffer } from './memory.ts';

const width = 8;
const norm = { dtype: 'F32', shape: [width] } as const;
const row = { dtype: 'F32', shape: [width] } as const;
const square = { dtype: 'Q8_0', shape: [width, width] } as const;
const rope: Rope = { kind: 'halves', headSize: 4, dimensions: 4, frequencies: ropeFrequencies(4, 10_000) };

/** A cache of one layer, with buffers that are never used. */
function cacheOf(heads: number, headSize: number): GpuKvCache {
  const layer = { heads, keySize: headSize, valueSize: headSize };
  return {
    layers: [layer],
    capacity: 4,
    bytes: 0,
    bytesFor: () => 0,
    positions: 4,
    reserve() {},
    stateRoute: FIRST_ROUTE,
    recurrent: [],
    stateTensor: () => {
      throw new Error('The cache has no states.');
    },
    kvLayers: [{ ...layer, kept: 4, keys: unusedBuffer(), values: unusedBuffer() }],
    free() {},
  };
}

let lastId = 0;
function unusedBuffer(): GpuBuffer {
  return {
    buffer: {} as GPUBuffer,
    id: ++lastId,
    bytes: 32,
    error: undefined,
    granted: async () => {},
    free() {},
  };
}

const cache = cacheOf(2, 4);
const spans: AttentionSpan[] = [{ cache, position: 0, tokens: 1 }];

/** A tensor as the backend returns it, with a buffer that is never used. */
function persistent(): GpuTensor & { free(): void } {
  return { shape: [1, width], region: { bytes: 32, buffer: unusedBuffer() }, start: 0, free() {} };
}

/** The operations that remain after fusing the notes of `encode`. */
function kinds(
  encode: (e: Encoder, x: Tensor & { free(): void }) => void,
  isReadLater: ReadLater = () => false,
): string[] {
  const encoder = createEncoder();
  encode(encoder, persistent());
  return fuse(encoder.operations, isReadLater).map((one) =>
    one.kind === 'matmul'
      ? ['matmul', one.weights.length, one.form, one.biases && 'bias', one.residual && 'residual']
          .filter(Boolean)
          .join(' ')
      : one.kind +
        ('residual' in one && one.residual ? ' residual' : '') +
        ('rotation' in one && one.rotation ? ' rotated' : ''),
  );
}

describe('fusion', () => {
  it('a Llama layer becomes eight operations', () => {
    expect(
      kinds((e, hidden) => {
        const h = e.rmsNorm(hidden, norm, 1e-5);
        const q = e.rope(e.matmul(square, h), spans, rope);
        const k = e.rope(e.matmul(square, h), spans, rope);
        const a = e.attention(q, k, e.matmul(square, h), spans, { layer: 0, scale: 1 });
        const y = e.add(hidden, e.matmul(square, a));
        const g = e.rmsNorm(y, norm, 1e-5);
        const f = e.gated(e.matmul(square, g), e.matmul(square, g), 'silu');
        e.copy(e.add(y, e.matmul(square, f)), hidden);
      }),
    ).toEqual([
      'rmsNorm',
      'matmul 3',
      'attention rotated',
      'matmul 1 residual',
      'rmsNorm',
      'matmul 2 silu',
      'matmul 1 residual',
    ]);
  });

  it('an operation whose result is read by two operations is not fused', () => {
    expect(
      kinds((e, x) => {
        const product = e.matmul(square, x);
        e.add(e.add(product, x), product);
      }),
    ).toEqual(['matmul 1', 'add', 'add']);
    expect(
      kinds((e, x) => {
        const gate = e.matmul(square, x);
        e.add(e.gated(gate, e.matmul(square, x), 'silu'), gate);
      }),
    ).toEqual(['matmul 2', 'gated', 'add']);
    expect(kinds((e, x) => void e.add(e.rows(e.matmul(square, x), 0, 1), x))).toEqual(['matmul 1 residual']);
  });

  it('an operation whose result is read after the list is not fused', () => {
    const seen: Region[] = [];
    const encode = (e: Encoder, x: Tensor & { free(): void }) => {
      const product = e.matmul(square, x);
      seen.push((product as GpuTensor).region);
      e.add(product, x);
    };
    expect(kinds(encode)).toEqual(['matmul 1 residual']);
    expect(kinds(encode, (region) => seen.includes(region))).toEqual(['matmul 1', 'add']);
  });

  it('products with a part of a matrix are not fused', () => {
    const half = { dtype: 'Q8_0', shape: [width / 2, width] } as const;
    expect(
      kinds((e, x) => {
        const gate = e.matmul({ ...square, parts: [half, half] }, x);
        e.copy(e.add(e.gated(gate, e.matmul(square, x), 'silu'), x), persistent());
      }),
    ).toEqual(['matmul 1', 'matmul 1', 'matmul 1', 'gated', 'add']);
    expect(kinds((e, x) => e.copy(e.matmul({ ...square, parts: [half, half] }, x), persistent()))).toEqual([
      'matmul 1',
      'matmul 1',
      'copy',
    ]);
  });

  it('a copy is not removed if an operation before it still reads the target of the copy', () => {
    expect(kinds((e, x) => e.copy(e.matmul(square, x), x as never))).toEqual(['matmul 1', 'copy']);
    expect(
      kinds((e, x) => {
        const into = persistent();
        const product = e.matmul(square, x);
        e.add(into, x);
        e.copy(product, into);
      }),
    ).toEqual(['matmul 1', 'add', 'copy']);
  });

  it('a product is not delayed until after a change of its input', () => {
    expect(
      kinds((e, x) => {
        const product = e.matmul(square, x);
        e.copy(e.rmsNorm(persistent(), norm, 1), x);
        e.add(product, persistent());
      }),
    ).toEqual(['matmul 1', 'rmsNorm', 'add']);
    expect(
      kinds((e, x) => {
        e.add(e.matmul(square, x), x);
        e.copy(e.rmsNorm(persistent(), norm, 1), x);
        e.matmul(square, x);
      }),
    ).toEqual(['matmul 1 residual', 'rmsNorm', 'matmul 1']);
  });

  it('only products with weights of the same type and with the same input are joined', () => {
    expect(
      kinds((e, x) => {
        e.matmul(square, x);
        e.matmul({ ...square, dtype: 'Q4_0' }, x);
        e.matmul(square, x);
        e.matmul(square, persistent());
      }),
    ).toEqual(['matmul 2', 'matmul 1', 'matmul 1']);
  });

  it('a sum after a norm is fused into the norm', () => {
    expect(kinds((e, x) => void e.add(e.rmsNorm(e.matmul(square, x), norm, 1), x))).toEqual([
      'matmul 1',
      'rmsNorm residual',
    ]);
  });

  it('biases and sums after products are fused into the products', () => {
    expect(
      kinds((e, hidden) => {
        const h = e.addRow(e.layerNorm(hidden, norm, 1e-5), row);
        const q = e.rope(e.addRow(e.matmul(square, h), row), spans, rope);
        const k = e.rope(e.addRow(e.matmul(square, h), row), spans, rope);
        const a = e.attention(q, k, e.addRow(e.matmul(square, h), row), spans, { layer: 0, scale: 1 });
        e.copy(e.add(hidden, e.addRow(e.matmul(square, a), row)), persistent());
      }),
    ).toEqual(['layerNorm', 'addRow', 'matmul 3 bias', 'attention rotated', 'matmul 1 bias residual']);
  });

  it('a bias is not fused if the product is also read without it, or has parts, or if the buffers differ', () => {
    const placed = (one: Weight): GpuWeight => ({
      ...one,
      buffers: [{ buffer: unusedBuffer(), offsetBytes: 0, firstRow: 0, rows: 1 }],
    });
    expect(
      kinds((e, x) => {
        const product = e.matmul(square, x);
        e.add(e.addRow(product, row), product);
      }),
    ).toEqual(['matmul 1', 'addRow', 'add']);
    expect(kinds((e, x) => void e.addRow(e.matmul(placed(square), x), placed(row)))).toEqual([
      'matmul 1',
      'addRow',
    ]);
    const half = { dtype: 'Q8_0', shape: [width / 2, width] } as const;
    expect(kinds((e, x) => void e.addRow(e.matmul({ ...square, parts: [half, half] }, x), row))).toEqual([
      'matmul 1',
      'matmul 1',
      'addRow',
    ]);
  });

  it('products with a bias are joined with each other, and products without a bias with each other', () => {
    expect(
      kinds((e, x) => {
        e.addRow(e.matmul(square, x), row);
        e.matmul(square, x);
        e.addRow(e.matmul(square, x), row);
        e.matmul(square, x);
      }),
    ).toEqual(['matmul 2 bias', 'matmul 2']);
  });

  it('rotations are not fused into attention without keys, or if keys and rotation have different sizes', () => {
    const options = { layer: 0, scale: 1 };
    expect(
      kinds((e, x) => void e.attention(e.rope(x, spans, rope), undefined, undefined, spans, options)),
    ).toEqual(['rope', 'attention']);
    const wide = [{ cache: cacheOf(1, 8), position: 0, tokens: 1 }];
    expect(
      kinds((e, x) => void e.attention(e.rope(x, wide, rope), e.rope(x, wide, rope), x, wide, options)),
    ).toEqual(['rope', 'rope', 'attention']);
  });

  it('a sum after a norm of heads is fused into the norm', () => {
    const head = { dtype: 'F32', shape: [width / 2] } as const;
    expect(kinds((e, x) => void e.add(e.rmsNorm(x, head, 1), x))).toEqual(['rmsNorm residual']);
  });
});
