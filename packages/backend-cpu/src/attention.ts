// Attention over one sequence as operations: storing its new keys and values, and looking them up. Where the cache lies in
// another memory, some rows at a time travel there and back.
import { checkPositions, sizes, type AttentionOptions, type AttentionSpan } from '@rondo/tensor';
import { floatBits, type Operation } from './command-list.ts';
import type { CpuKvCache, CpuTensor } from './cpu-tensors.ts';
import { kvRowBytes } from './kv-cache.ts';
import type { Region } from './plan.ts';
import { HEADS_PER_UNIT, OP_ATTENTION, OP_STORE_KV } from './protocol.ts';
import { rowsOf, transfer, travellingParts } from './transfers.ts';

/** The operations for the rows of one span: q, k, v and out have its tokens, and no others. */
export function* attention(
  q: CpuTensor,
  k: CpuTensor,
  v: CpuTensor,
  out: CpuTensor,
  span: AttentionSpan,
  options: AttentionOptions,
  threads: number,
): Generator<Operation> {
  const region = (span.cache as CpuKvCache).regions[options.layer];
  if (!region) throw new RangeError(`There is no layer ${options.layer}.`);
  const { memory = 0 } = region;
  if (memory === 0) {
    yield* attentionIn(region, q, k, v, out, span, 0, options, threads);
    return;
  }
  for (const part of travellingParts(span.tokens)) {
    const here = (tensor: CpuTensor) => rowsOf(tensor, part, sizes(tensor)[1] * 4);
    const there = (tensor: CpuTensor): CpuTensor => {
      const shape = [part.count, sizes(tensor)[1]];
      return { shape, region: { bytes: part.count * sizes(tensor)[1] * 4, memory }, offsetBytes: 0 };
    };
    const [sentQ, sentK, sentV, attended] = [there(q), there(k), there(v), there(out)];
    for (const [from, to] of [
      [q, sentQ],
      [k, sentK],
      [v, sentV],
    ] as const)
      yield transfer(here(from), to, to.region.bytes);
    yield* attentionIn(region, sentQ, sentK, sentV, attended, span, part.start, options, threads);
    yield transfer(attended, here(out), attended.region.bytes);
  }
}

/** The same for the rows that q has, from token `start` of the span on, where all of it lies in the memory of the cache. */
function* attentionIn(
  region: Region,
  q: CpuTensor,
  k: CpuTensor,
  v: CpuTensor,
  out: CpuTensor,
  span: AttentionSpan,
  start: number,
  { layer, scale, window = 0xffffffff, softcap = 0 }: AttentionOptions,
  threads: number,
): Generator<Operation> {
  const cache = span.cache as CpuKvCache;
  const [tokens, width] = sizes(q);
  const { heads: kvHeads, headSize, pageTokens } = cache;
  const heads = width / headSize;
  const rowBytes = kvRowBytes(cache);
  const position = () => span.position + start;
  /** The cache's parameters in commands that use positions from `from` on: its rows and pages. */
  const pages = (from: number) => {
    const end = position() + tokens;
    checkPositions(end, cache.positions);
    const addresses = cache.pageAddresses(layer, from, end);
    const words = new Uint32Array(3 + addresses.length);
    words[0] = rowBytes;
    words[1] = pageTokens;
    words[2] = Math.floor(from / pageTokens) * pageTokens;
    words.set(addresses, 3);
    return words;
  };
  yield {
    code: OP_STORE_KV,
    reads: [k.region, v.region],
    writes: [region],
    parameters: (address) => [address(k), address(v), tokens, kvHeads, headSize, position()],
    data: () => pages(position()),
  };
  yield {
    code: OP_ATTENTION,
    reads: [q.region, region],
    writes: [out.region],
    parameters: (address) => [
      address(q),
      address(out),
      tokens,
      heads,
      kvHeads,
      headSize,
      position(),
      floatBits(scale),
      window,
      floatBits(softcap),
      headsPerUnit(tokens, heads, kvHeads, threads),
    ],
    data: () => pages(Math.max(0, position() + 1 - window)),
  };
}

/** How many heads with common keys attention takes together: all of them, or fewer where threads would have nothing to do. */
function headsPerUnit(rows: number, heads: number, kvHeads: number, threads: number): number {
  const group = heads / kvHeads;
  const divisors = Array.from({ length: group }, (_, index) => group - index).filter(
    (count) => group % count === 0 && count <= HEADS_PER_UNIT,
  );
  return divisors.find((count) => (rows * heads) / count >= 2 * threads) ?? 1;
}
