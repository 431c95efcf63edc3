// Operations that continue a recurrent state as dispatches: one dispatch for each span.
import { sizes, slotsOf, spansWithRows, type AttentionSpan, type StateIndex } from '@rondo/tensor';
import { threadsFor, type Dispatch } from '../dispatch.ts';
import { piecesOf, type GpuKvCache, type GpuState, type GpuTensor } from '../gpu-tensors.ts';
import { convolve, deltaRule } from '../kernels/recurrent.ts';
import type { Lowering } from './operation.ts';

/** A span, the first row of the span in the batch, and the state that the span continues. */
interface StateSpan {
  readonly span: AttentionSpan;
  readonly row: number;
  readonly state: GpuState;
}

function stateSpans(spans: readonly AttentionSpan[], { layer, state: index }: StateIndex): StateSpan[] {
  return spansWithRows(spans).map(({ span, row }) => {
    const state = (span.cache as GpuKvCache).recurrent[layer]?.[index];
    if (!state) throw new RangeError(`There is no state ${index} of layer ${layer}.`);
    return { span, row, state };
  });
}

/** More tokens than any span has. */
const NEVER = 0xffff_ffff;

/** The parameters of the slots. */
function slotParameters({ span, state: { values } }: StateSpan): Record<string, number> {
  const { from, to, keep } = slotsOf(span);
  return {
    fresh: from === undefined ? 1 : 0,
    from_start: (from ?? 0) * values,
    to_start: to * values,
    keep_start: (keep?.slot ?? 0) * values,
    keep_after: keep?.afterTokens ?? NEVER,
  };
}

/** Start of the rows of a span in a tensor, in values. */
const startOf = (tensor: GpuTensor, { row }: StateSpan) => tensor.start + row * sizes(tensor)[1];

export const lowerConvolve: Lowering<'convolve'> = ({ x, weight, spans, state, out }, { bufferOf }) => {
  const [channels = 0, size = 0] = weight.shape;
  return stateSpans(spans, state).flatMap((one) =>
    piecesOf(weight).map((piece): Dispatch => ({
      kernel: convolve(size),
      buffers: {
        x: bufferOf(x.region),
        weight: piece.buffer,
        state: one.state.buffer,
        out: bufferOf(out.region),
      },
      parameters: {
        count: piece.rows,
        first_channel: piece.firstRow,
        channels,
        tokens: one.span.tokens,
        x_start: startOf(x, one),
        weight_start: piece.offsetBytes / 4,
        out_start: startOf(out, one),
        ...slotParameters(one),
      },
      workgroups: threadsFor(piece.rows),
    })),
  );
};

export const lowerDeltaRule: Lowering<'deltaRule'> = (
  { q, k, v, g, beta, spans, options: { keySize, sharing, ...index }, out },
  { bufferOf },
) => {
  const [, width] = sizes(v);
  const [, heads] = sizes(g);
  const tensors = { q, k, v, g, beta, out };
  return stateSpans(spans, index).map((one): Dispatch => {
    const entries = Object.entries(tensors);
    return {
      kernel: deltaRule(),
      buffers: {
        ...Object.fromEntries(entries.map(([name, { region }]) => [name, bufferOf(region)])),
        state: one.state.buffer,
      },
      parameters: {
        ...Object.fromEntries(entries.map(([name, tensor]) => [`${name}_start`, startOf(tensor, one)])),
        count: width,
        tokens: one.span.tokens,
        heads,
        key_heads: sizes(k)[1] / keySize,
        key_size: keySize,
        value_size: width / heads,
        rounds: sharing === 'rounds' ? 1 : 0,
        ...slotParameters(one),
      },
      workgroups: threadsFor(width),
    };
  });
};
