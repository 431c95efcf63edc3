// Attention as dispatches: for each span, keys and values are stored, then the rows attend. If one workgroup per tile uses the
// device better, the tiles are computed in parallel and then merged.
import { ropeTable, sizes, spansWithRows, type AttentionSpan } from '@rondo/tensor';
import { DATA, threadsFor, type Dispatch, type LoweringContext } from '../dispatch.ts';
import { piecesOf, type GpuKvCache, type GpuKvLayer } from '../gpu-tensors.ts';
import { attention, attentionMerge, attentionWorkgroupBytes, TILE } from '../kernels/attention.ts';
import { headWords } from '../kernels/kv-places.ts';
import { storeKv, storeKvThreads } from '../kernels/store-kv.ts';
import type { GpuOperation, Lowering } from './operation.ts';

/** Least number of workgroups that keep a large device busy. */
const ENOUGH_WORKGROUPS = 512;
/** Most bytes for partial results of tiles: enough for one token with 32 heads of 128 values at 60,000 positions. */
const SCRATCH_BYTES = 4 << 20;
/** The window of a layer without a window: more positions than any cache has. */
const NO_WINDOW = 0xffff_ffff;

export const lowerAttention: Lowering<'attention'> = (operation, context) => {
  return spansWithRows(operation.spans).flatMap(({ span, row }) => {
    const layer = (span.cache as GpuKvCache).kvLayers[operation.options.layer];
    if (!layer) throw new RangeError(`Layer ${operation.options.layer} was checked and yet is not there.`);
    return [
      ...lowerStoring(operation, layer, span, row, context),
      ...lowerAttending(operation, layer, span, row, context),
    ];
  });
};

/** Stores the new keys and values of a span, which begins at `row` of the batch, in the cache. */
function lowerStoring(
  { q, k, v, spans, rotation }: GpuOperation<'attention'>,
  { heads, keySize, valueSize, kept, keys, values }: GpuKvLayer,
  { cache: { dtype = 'F32' }, position, tokens }: AttentionSpan,
  row: number,
  { bufferOf, data }: LoweringContext,
): Dispatch[] {
  if (!k || !v) return [];
  const [, width] = sizes(q);
  const keyThreads = storeKvThreads(dtype, tokens, heads, keySize);
  const stored = keyThreads + storeKvThreads(dtype, tokens, heads, valueSize);
  return [
    {
      kernel: storeKv({ dtype, rope: rotation?.rope.kind }),
      buffers: {
        k: bufferOf(k.region),
        v: bufferOf(v.region),
        keys,
        values,
        ...(rotation && {
          q: bufferOf(q.region),
          data: DATA,
          rotated_q: bufferOf(rotation.rotated.region),
        }),
      },
      parameters: {
        key_threads: keyThreads,
        stored,
        tokens,
        position,
        heads,
        key_size: keySize,
        value_size: valueSize,
        kept,
        k_start: k.start + row * heads * keySize,
        v_start: v.start + row * heads * valueSize,
        ...(rotation && {
          q_width: width,
          q_start: q.start + row * width,
          rotated_start: rotation.rotated.start + row * width,
          table_start:
            data(new Uint32Array(ropeTable(spans, rotation.rope).buffer)) + row * rotation.rope.dimensions,
          dimensions: rotation.rope.dimensions,
        }),
      },
      workgroups: threadsFor(stored + (rotation ? tokens * width : 0)),
    },
  ];
}

/** Attends from the rows of a span to the cache. */
function lowerAttending(
  { q, options, weight, rotation, out }: GpuOperation<'attention'>,
  { heads: kvHeads, keySize, valueSize, kept, keys, values }: GpuKvLayer,
  { cache: { dtype = 'F32' }, position, tokens }: AttentionSpan,
  row: number,
  { traits, bufferOf, scratch }: LoweringContext,
): Dispatch[] {
  const { scale, window = NO_WINDOW, softcap } = options;
  const [, width] = sizes(q);
  const [, outWidth] = sizes(out);
  const query = rotation?.rotated ?? q;
  const sinks = weight && piecesOf(weight)[0];
  const sinksBuffer = sinks && { sinks: sinks.buffer };
  const heads = width / keySize;
  const group = heads / kvHeads;
  const queries = tokens * group > 1 && attentionWorkgroupBytes(keySize, 4) <= traits.workgroupBytes ? 4 : 1;
  const blocks = Math.ceil((tokens * group) / queries);
  const firstTile = Math.floor(Math.max(0, position + 1 - window) / TILE);
  const tiles = Math.floor((position + tokens - 1) / TILE) + 1 - firstTile;
  const partBytes = tokens * heads * tiles * (headWords(valueSize) + 1) * 16;
  const split = tiles > 1 && blocks * kvHeads < ENOUGH_WORKGROUPS && partBytes <= SCRATCH_BYTES;
  const parameters = {
    tokens,
    blocks,
    heads,
    group,
    position,
    kept,
    key_scales: kvHeads * headWords(keySize) * kept,
    value_scales: kvHeads * headWords(valueSize) * kept,
    window,
    first_tile: firstTile,
    tiles,
    q_start: query.start + row * width,
    out_start: out.start + row * outWidth,
    sinks_start: (sinks?.offsetBytes ?? 0) / 4,
    scale,
    softcap: softcap ?? 0,
  };
  const attend: Dispatch = {
    kernel: attention({
      keySize,
      valueSize,
      dtype,
      queries,
      split,
      softcap: softcap !== undefined,
      // The parts of a split attention are merged with the sinks.
      sinks: !split && sinks !== undefined,
      subgroups: traits.subgroups,
    }),
    buffers: {
      q: bufferOf(query.region),
      keys,
      values,
      ...(!split && sinksBuffer),
      out: split ? scratch(partBytes) : bufferOf(out.region),
    },
    parameters,
    workgroups: [Math.min(blocks, traits.workgroups), kvHeads, split ? tiles : 1],
  };
  if (!split) return [attend];
  const merge: Dispatch = {
    kernel: attentionMerge(valueSize, sinks !== undefined),
    buffers: { parts: scratch(partBytes), ...sinksBuffer, out: bufferOf(out.region) },
    parameters,
    workgroups: [tokens, heads, 1],
  };
  return [attend, merge];
}
