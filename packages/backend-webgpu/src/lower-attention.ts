// Attention as dispatches: for each span, storing keys and values, then attending, in parts where that fills the device.
import { ropeTable, sizes, type AttentionSpan } from '@rondo/tensor';
import { DATA, threadsFor, type Dispatch, type LoweringContext } from './dispatch.ts';
import type { GpuKvCache } from './gpu-tensors.ts';
import { attention, attentionMerge, TILE } from './kernels/attention.ts';
import { storeKv, storeKvThreads } from './kernels/store-kv.ts';
import type { AttentionOperation } from './operations.ts';

/** Fewer workgroups than this leave a large device idle. */
const ENOUGH_WORKGROUPS = 512;
/** Most room for what tiles give: enough for one token with 32 heads of 128 at 60,000 positions. */
const SCRATCH_BYTES = 4 << 20;
/** No window: more positions than any cache has. */
const NO_WINDOW = 0xffff_ffff;

/** The dispatches of attention over all spans. */
export function lowerAttention(operation: AttentionOperation, context: LoweringContext): Dispatch[] {
  let row = 0;
  return operation.spans.flatMap((span) => {
    const dispatches = lowerSpan(operation, span, row, context);
    row += span.tokens;
    return dispatches;
  });
}

function lowerSpan(
  { q, k, v, spans, options, rotation, out }: AttentionOperation,
  { cache, position, tokens }: AttentionSpan,
  row: number,
  { traits, bufferOf, data, scratch }: LoweringContext,
): Dispatch[] {
  const { headSize, heads: kvHeads, capacity, dtype = 'F32', buffers } = cache as GpuKvCache;
  const { layer, scale, window = NO_WINDOW, softcap } = options;
  const layerBuffers = buffers[layer];
  if (!layerBuffers) throw new RangeError(`Layer ${layer} was checked and yet is not there.`);
  const { keys, values } = layerBuffers;
  const [, width] = sizes(q);
  const [, kvWidth] = sizes(k);
  const heads = width / headSize;
  const stored = storeKvThreads(dtype, tokens, kvHeads, headSize);
  const store: Dispatch = {
    kernel: storeKv({ dtype, rope: rotation?.rope.kind }),
    buffers: {
      k: bufferOf(k.region),
      v: bufferOf(v.region),
      keys,
      values,
      ...(rotation && { q: bufferOf(q.region), data: DATA, rotated_q: bufferOf(rotation.rotated.region) }),
    },
    parameters: {
      stored,
      tokens,
      position,
      kv_width: kvWidth,
      head_size: headSize,
      capacity,
      k_start: k.start + row * kvWidth,
      v_start: v.start + row * kvWidth,
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
  };

  const query = rotation?.rotated ?? q;
  const group = heads / kvHeads;
  const queries = tokens * group > 1 ? 4 : 1;
  const blocks = Math.ceil((tokens * group) / queries);
  const firstTile = Math.floor(Math.max(0, position + 1 - window) / TILE);
  const tiles = Math.floor((position + tokens - 1) / TILE) + 1 - firstTile;
  const partBytes = tokens * heads * tiles * (Math.ceil(headSize / 4) + 1) * 16;
  const split = tiles > 1 && blocks * kvHeads < ENOUGH_WORKGROUPS && partBytes <= SCRATCH_BYTES;
  const parameters = {
    tokens,
    blocks,
    heads,
    group,
    position,
    capacity,
    scales_start: (kvHeads * headSize * capacity) / 4,
    window,
    first_tile: firstTile,
    tiles,
    q_start: query.start + row * width,
    out_start: out.start + row * width,
    scale,
    softcap: softcap ?? 0,
  };
  const attend: Dispatch = {
    kernel: attention({
      headSize,
      dtype,
      queries,
      split,
      softcap: softcap !== undefined,
      subgroups: traits.subgroups,
    }),
    buffers: {
      q: bufferOf(query.region),
      keys,
      values,
      out: split ? scratch(partBytes) : bufferOf(out.region),
    },
    parameters,
    workgroups: [Math.min(blocks, traits.workgroups), kvHeads, split ? tiles : 1],
  };
  if (!split) return [store, attend];
  const merge: Dispatch = {
    kernel: attentionMerge(headSize),
    buffers: { parts: scratch(partBytes), out: bufferOf(out.region) },
    parameters,
    workgroups: [tokens, heads, 1],
  };
  return [store, attend, merge];
}
