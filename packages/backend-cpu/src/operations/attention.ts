// Attention over one sequence as operations: storing new keys and values, then attending. If the cache lies in another memory,
// sinks and some rows at a time are copied to that memory, and the results are copied back.
import {
  checkPositions,
  elements,
  sizes,
  spansWithRows,
  type AttentionOptions,
  type AttentionSpan,
  type Tensor,
} from '@rondo/tensor';
import { floatBits, type Operation } from '../command-list.ts';
import type { CpuKvCache, CpuKvLayer, CpuTensor } from '../cpu-tensors.ts';
import { HEADS_PER_UNIT, OP_ATTENTION, OP_STORE_KV } from '../protocol.ts';
import { rowsOf, transfer, travellingParts } from '../transfers.ts';
import type { Lowering } from './lowering.ts';

export const lowerAttention: Lowering<'attention'> = (
  { q, k, v, spans, options, weight },
  out,
  { note, withNear, threads },
) => {
  function* spanBySpan(sinks: CpuTensor | undefined): Generator<Operation> {
    for (const { span, row } of spansWithRows(spans)) {
      const rows = { start: row, count: span.tokens };
      const part = (tensor: Tensor) => rowsOf(tensor as CpuTensor, rows, sizes(tensor)[1] * 4);
      const added = k && v && { k: part(k), v: part(v) };
      yield* attention({ q: part(q), added, sinks, out: part(out) }, span, options, threads);
    }
  }
  if (!weight) {
    for (const operation of spanBySpan(undefined)) note(operation);
    return;
  }
  const caches = spans.map(({ cache }) => layerOf(cache as CpuKvCache, options.layer).region);
  const inputs = [q, ...(k && v ? [k, v] : [])].map((tensor) => (tensor as CpuTensor).region);
  withNear(weight, { reads: [...inputs, ...caches], writes: [out.region, ...caches] }, spanBySpan);
};

function layerOf({ kvLayers }: CpuKvCache, index: number): CpuKvLayer {
  const layer = kvLayers[index];
  if (!layer) throw new RangeError(`There is no layer ${index}.`);
  return layer;
}

/** New keys and values of some rows. */
interface KeysAndValues {
  readonly k: CpuTensor;
  readonly v: CpuTensor;
}

/** The operands of attention. All operands except the sinks `[heads]` have a row for each of the same tokens. */
interface Operands {
  readonly q: CpuTensor;
  /** Keys and values to store first; undefined if the rows only see the cache's content. */
  readonly added: KeysAndValues | undefined;
  readonly sinks: CpuTensor | undefined;
  readonly out: CpuTensor;
}

/** The operations for the rows of one span: the operands have exactly the span's tokens. */
function* attention(
  operands: Operands,
  span: AttentionSpan,
  options: AttentionOptions,
  threads: number,
): Generator<Operation> {
  const layer = layerOf(span.cache as CpuKvCache, options.layer);
  const { memory = 0 } = layer.region;
  if (memory === 0) {
    yield* attentionIn(layer, operands, span, 0, options, threads);
    return;
  }
  const { q, added, sinks, out } = operands;
  let sentSinks: CpuTensor | undefined;
  if (sinks) {
    const bytes = elements(sinks.shape) * 4;
    sentSinks = { shape: sinks.shape, region: { bytes, memory }, offsetBytes: 0 };
    yield transfer(sinks, sentSinks, bytes);
  }
  for (const part of travellingParts(span.tokens)) {
    const here = (tensor: CpuTensor) => rowsOf(tensor, part, sizes(tensor)[1] * 4);
    const room = (tensor: CpuTensor): CpuTensor => {
      const shape = [part.count, sizes(tensor)[1]];
      return { shape, region: { bytes: part.count * sizes(tensor)[1] * 4, memory }, offsetBytes: 0 };
    };
    const [sentQ, attended] = [room(q), room(out)];
    const sent = added && { k: room(added.k), v: room(added.v) };
    yield transfer(here(q), sentQ, sentQ.region.bytes);
    if (added && sent) {
      yield transfer(here(added.k), sent.k, sent.k.region.bytes);
      yield transfer(here(added.v), sent.v, sent.v.region.bytes);
    }
    const there = { q: sentQ, added: sent, sinks: sentSinks, out: attended };
    yield* attentionIn(layer, there, span, part.start, options, threads);
    yield transfer(attended, here(out), attended.region.bytes);
  }
}

/** The operations for the rows of q, from token `start` of the span on. All tensors lie in the memory of the cache. */
function* attentionIn(
  layer: CpuKvLayer,
  { q, added, sinks, out }: Operands,
  span: AttentionSpan,
  start: number,
  { scale, window = 0xffffffff, softcap = 0 }: AttentionOptions,
  threads: number,
): Generator<Operation> {
  const [tokens, width] = sizes(q);
  const { heads: kvHeads, keySize, valueSize, pageTokens, region } = layer;
  const heads = width / keySize;
  const position = () => span.position + start;
  /** The cache's parameters (rows and pages) for a command that uses the positions from `from` on. */
  const pages = (from: number) => {
    const end = position() + tokens;
    checkPositions(end, span.cache.positions);
    const addresses = layer.pageAddresses(from, end);
    const words = new Uint32Array(4 + addresses.length);
    words[0] = layer.keyBytes;
    words[1] = layer.valueBytes;
    words[2] = pageTokens;
    words[3] = Math.floor(from / pageTokens) * pageTokens;
    words.set(addresses, 4);
    return words;
  };
  if (added) {
    const { k, v } = added;
    yield {
      code: OP_STORE_KV,
      reads: [k.region, v.region],
      writes: [region],
      parameters: (address) => [address(k), address(v), tokens, kvHeads, keySize, valueSize, position()],
      data: () => pages(position()),
    };
  }
  yield {
    code: OP_ATTENTION,
    reads: [q.region, region, ...(sinks ? [sinks.region] : [])],
    writes: [out.region],
    parameters: (address) => [
      address(q),
      address(out),
      tokens,
      heads,
      kvHeads,
      keySize,
      valueSize,
      position(),
      floatBits(scale),
      window,
      floatBits(softcap),
      headsPerUnit(tokens, heads, kvHeads, threads),
      sinks ? address(sinks) : 0,
    ],
    data: () => pages(Math.max(0, position() + 1 - window)),
  };
}

/** How many heads with common keys attention computes together: all, or fewer if some threads would be idle. */
function headsPerUnit(rows: number, heads: number, kvHeads: number, threads: number): number {
  const group = heads / kvHeads;
  const divisors = Array.from({ length: group }, (_, index) => group - index).filter(
    (count) => group % count === 0 && count <= HEADS_PER_UNIT,
  );
  return divisors.find((count) => (rows * heads) / count >= 2 * threads) ?? 1;
}
