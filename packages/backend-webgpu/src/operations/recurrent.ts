// Operations that continue a recurrent state as dispatches: one dispatch for each span.
import { sizes, slotsOf, spansWithRows, type AttentionSpan, type StateIndex } from '@rondo/tensor';
import { threadsFor, type Dispatch, type LoweringContext } from '../dispatch.ts';
import { piecesOf, type GpuKvCache, type GpuState, type GpuTensor } from '../gpu-tensors.ts';
import { convolve, deltaRule, selectiveScan } from '../kernels/recurrent.ts';
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
) =>
  stateSpans(spans, index).map((one): Dispatch =>
    lineStates(one, { q, k, v, g, beta, out }, keySize, bufferOf, {
      kernel: deltaRule(),
      buffers: {},
      parameters: { rounds: sharing === 'rounds' ? 1 : 0 },
    }),
  );

export const lowerSelectiveScan: Lowering<'selectiveScan'> = (
  { c, b, x, g, step, weight, spans, options: { stateSize, ...index }, out },
  { bufferOf },
) => {
  const [piece] = piecesOf(weight);
  return stateSpans(spans, index).map((one): Dispatch =>
    lineStates(one, { q: c, k: b, v: x, g, beta: step, out }, stateSize, bufferOf, {
      kernel: selectiveScan(),
      buffers: { weight: piece.buffer },
      parameters: { rounds: 0, weight_start: piece.offsetBytes / 4 },
    }),
  );
};

/** The tensors of a recurrence with a state of lines, under the names of the kernel. */
type LineTensors = Readonly<Record<'q' | 'k' | 'v' | 'g' | 'beta' | 'out', GpuTensor>>;

/** The dispatch of a recurrence with a state of lines. `own` adds fields to the common parameters. */
function lineStates(
  one: StateSpan,
  tensors: LineTensors,
  keySize: number,
  bufferOf: LoweringContext['bufferOf'],
  own: Pick<Dispatch, 'kernel' | 'buffers' | 'parameters'>,
): Dispatch {
  const [, width] = sizes(tensors.v);
  const [, heads] = sizes(tensors.g);
  const entries = Object.entries(tensors);
  return {
    kernel: own.kernel,
    buffers: {
      ...Object.fromEntries(entries.map(([name, { region }]) => [name, bufferOf(region)])),
      ...own.buffers,
      state: one.state.buffer,
    },
    parameters: {
      ...Object.fromEntries(entries.map(([name, tensor]) => [`${name}_start`, startOf(tensor, one)])),
      count: width,
      tokens: one.span.tokens,
      heads,
      key_heads: sizes(tensors.k)[1] / keySize,
      key_size: keySize,
      value_size: width / heads,
      ...own.parameters,
      ...slotParameters(one),
    },
    workgroups: threadsFor(width),
  };
}
