import type { RondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { uniformKvLayers } from '../conformance/harness.ts';
import type { AttentionSpan } from '../kv-cache.ts';
import { reference } from '../reference/index.ts';
import { ropeFrequencies } from '../rope-table.ts';
import type { Encoder } from '../backend.ts';
import { definitionOf, operationKinds } from './index.ts';

const backend = reference();
const x = backend.tensor([2, 12]);
const cache = backend.kvCache({ layers: [...uniformKvLayers(1, 2, 6), undefined], capacity: 4 });
const spans: AttentionSpan[] = [{ cache, position: 0, tokens: 2 }];
const rope = { kind: 'halves', headSize: 6, dimensions: 6, frequencies: ropeFrequencies(6, 10_000) } as const;

describe('an encoder refuses before the computation', () => {
  const refusals: [string, string, (e: Encoder) => unknown][] = [
    [
      'a norm whose size does not divide the row',
      'BAD_SHAPE',
      (e) => e.rmsNorm(x, { dtype: 'F32', shape: [5] }, 1e-5),
    ],
    ['a norm with weights of halves', 'BAD_SHAPE', (e) => e.rmsNorm(x, { dtype: 'F16', shape: [12] }, 1e-5)],
    ['a norm with neither weight nor size', 'BAD_SHAPE', (e) => e.rmsNorm(x, undefined, 1e-5)],
    [
      'a norm whose weight has another size',
      'BAD_SHAPE',
      (e) => e.rmsNorm(x, { dtype: 'F32', shape: [6] }, 1e-5, 12),
    ],
    ['a layer norm of part of a row', 'BAD_SHAPE', (e) => e.layerNorm(x, { dtype: 'F32', shape: [6] }, 1e-5)],
    ['a bias of another width', 'BAD_SHAPE', (e) => e.addRow(x, { dtype: 'F32', shape: [6] })],
    ['a product with a vector', 'BAD_SHAPE', (e) => e.matmul({ dtype: 'F32', shape: [12] }, x)],
    ['a product of other widths', 'BAD_SHAPE', (e) => e.matmul({ dtype: 'F32', shape: [4, 11] }, x)],
    [
      'a rotation of more values than a head has',
      'BAD_SHAPE',
      (e) => e.rope(x, spans, { ...rope, headSize: 4 }),
    ],
    ['spans of other rows', 'BAD_SHAPE', (e) => e.rope(x, [{ position: 0, tokens: 3 }], rope)],
    ['keys without values', 'BAD_SHAPE', (e) => e.attention(x, x, undefined, spans, { layer: 0, scale: 1 })],
    [
      'attention to a layer that keeps nothing',
      'BAD_ARGUMENT',
      (e) => e.attention(x, undefined, undefined, spans, { layer: 1, scale: 1 }),
    ],
    [
      'positions past the cache',
      'CONTEXT_FULL',
      (e) => e.attention(x, x, x, [{ cache, position: 3, tokens: 2 }], { layer: 0, scale: 1 }),
    ],
    [
      'sinks of fewer heads than queries have',
      'BAD_SHAPE',
      (e) => e.attention(x, x, x, spans, { layer: 0, scale: 1 }, { dtype: 'F32', shape: [1] }),
    ],
    [
      'sinks of halves',
      'BAD_SHAPE',
      (e) => e.attention(x, x, x, spans, { layer: 0, scale: 1 }, { dtype: 'F16', shape: [2] }),
    ],
    ['a gate of another size than what it gates', 'BAD_SHAPE', (e) => e.gated(x, e.rows(x, 0, 1), 'silu')],
    ['a sum of two sizes', 'BAD_SHAPE', (e) => e.add(x, e.rows(x, 0, 1))],
    ['a row of factors of another width', 'BAD_SHAPE', (e) => e.mulRow(x, { dtype: 'F32', shape: [6] })],
    ['columns past the end of a group', 'BAD_SHAPE', (e) => e.columns(x, { group: 6, start: 3, count: 4 })],
    ['groups that do not divide a row', 'BAD_SHAPE', (e) => e.columns(x, { group: 5, start: 0, count: 1 })],
    [
      'a convolution of other channels',
      'BAD_SHAPE',
      (e) => e.convolve(x, { dtype: 'F32', shape: [6, 4] }, spans, { layer: 0, state: 0 }),
    ],
    [
      'a convolution without a state',
      'BAD_ARGUMENT',
      (e) => e.convolve(x, { dtype: 'F32', shape: [12, 4] }, spans, { layer: 0, state: 0 }),
    ],
    [
      'heads of keys that do not divide those of values',
      'BAD_SHAPE',
      (e) => e.deltaRule(x, x, x, x, x, spans, { layer: 0, state: 0, keySize: 5, sharing: 'blocks' }),
    ],
    [
      'groups that do not divide the heads of a scan',
      'BAD_SHAPE',
      (e) =>
        e.selectiveScan(x, x, x, x, x, { dtype: 'F32', shape: [12] }, spans, {
          layer: 0,
          state: 0,
          stateSize: 5,
        }),
    ],
    [
      'a scan whose weight is for other heads',
      'BAD_SHAPE',
      (e) =>
        e.selectiveScan(x, x, x, x, x, { dtype: 'F32', shape: [6] }, spans, {
          layer: 0,
          state: 0,
          stateSize: 4,
        }),
    ],
    [
      'a scan without a state',
      'BAD_ARGUMENT',
      (e) =>
        e.selectiveScan(x, x, x, x, x, { dtype: 'F32', shape: [12] }, spans, {
          layer: 0,
          state: 0,
          stateSize: 4,
        }),
    ],
    ['more of the best values than there are', 'BAD_SHAPE', (e) => e.topK(x, 13)],
    ['none of the best values', 'BAD_SHAPE', (e) => e.topK(x, 0)],
    ['a row that is not there', 'BAD_SHAPE', (e) => e.getRows(x, [2])],
    ['no rows', 'BAD_SHAPE', (e) => e.getRows(x, [])],
    ['sums into fewer rows than are added', 'BAD_SHAPE', (e) => e.scatterAdd(x, x, [0], [1])],
    ['sums into one row twice', 'BAD_SHAPE', (e) => e.scatterAdd(x, x, [1, 1], [1, 1])],
    ['rows past the end', 'BAD_SHAPE', (e) => e.rows(x, 1, 2)],
    ['a copy into fewer rows', 'BAD_SHAPE', (e) => e.copy(x, backend.tensor([1, 12]))],
  ];

  it.each(refusals)('%s: %s', (_name, code, encode) => {
    let error: unknown;
    try {
      encode(backend.encoder());
    } catch (thrown) {
      error = thrown;
    }
    expect((error as RondoError).code).toBe(code);
  });
});

describe('operations', () => {
  it('all kinds except attention have cases in their files', () => {
    const without = operationKinds.filter((kind) => definitionOf(kind).cases.length === 0);
    expect(without).toEqual(['attention']);
  });

  it.each(operationKinds)('the cases of %s have different names', (kind) => {
    const names = definitionOf(kind).cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
