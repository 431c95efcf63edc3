// Operations that continue a recurrent state, span by span. States lie in memory 0, like activations.
import {
  sizes,
  slotsOf,
  spansWithRows,
  type AttentionSpan,
  type StateIndex,
  type Tensor,
} from '@rondo/tensor';
import type { Operation } from '../command-list.ts';
import type { CpuKvCache, CpuState, CpuTensor } from '../cpu-tensors.ts';
import { OP_CONVOLVE, OP_DELTA_RULE, OP_SELECTIVE_SCAN } from '../protocol.ts';
import { rowsOf } from '../transfers.ts';
import type { Lowering } from './lowering.ts';

/** A span, the state that it continues, and the span's rows of tensors. */
interface StateSpan {
  readonly span: AttentionSpan;
  readonly state: CpuState;
  part(tensor: Tensor): CpuTensor;
}

function stateSpans(spans: readonly AttentionSpan[], { layer, state: index }: StateIndex): StateSpan[] {
  return spansWithRows(spans).map(({ span, row }) => {
    const state = (span.cache as CpuKvCache).recurrent[layer]?.[index];
    if (!state) throw new RangeError(`There is no state ${index} of layer ${layer}.`);
    const rows = { start: row, count: span.tokens };
    return {
      span,
      state,
      part: (tensor) => rowsOf(tensor as CpuTensor, rows, sizes(tensor)[1] * 4),
    };
  });
}

/** The last parameters of a command: addresses of the state before, the state after and a copy; tokens before the copy. */
function slotParameters({ span, state: { address, values } }: StateSpan): number[] {
  const { from, to, keep } = slotsOf(span);
  const slot = (index: number) => address + index * values * 4;
  return [
    from === undefined ? 0 : slot(from),
    slot(to),
    keep ? slot(keep.slot) : 0,
    keep ? keep.afterTokens : 0,
  ];
}

export const lowerConvolve: Lowering<'convolve'> = ({ x, weight, spans, state: index }, out, notes) => {
  const each = stateSpans(spans, index);
  const [, channels] = sizes(x);
  const planned = {
    reads: [(x as CpuTensor).region],
    writes: [out.region, ...each.map(({ state }) => state)],
  };
  notes.withNear(weight, planned, (near) =>
    each.map((one): Operation => ({
      code: OP_CONVOLVE,
      reads: [...planned.reads, near.region],
      writes: [out.region, one.state],
      parameters: (address) => [
        address(one.part(x)),
        address(near),
        address(one.part(out)),
        one.span.tokens,
        channels,
        sizes(weight)[1],
        ...slotParameters(one),
      ],
    })),
  );
};

export const lowerDeltaRule: Lowering<'deltaRule'> = (
  { q, k, v, g, beta, spans, options },
  out,
  { note },
) => {
  const { keySize, sharing } = options;
  const [, heads] = sizes(g);
  for (const one of stateSpans(spans, options)) {
    note({
      code: OP_DELTA_RULE,
      reads: [q, k, v, g, beta].map((tensor) => (tensor as CpuTensor).region),
      writes: [out.region, one.state],
      parameters: (address) => [
        ...[q, k, v, g, beta, out].map((tensor) => address(one.part(tensor))),
        one.span.tokens,
        heads,
        sizes(k)[1] / keySize,
        keySize,
        sizes(v)[1] / heads,
        sharing === 'rounds' ? 1 : 0,
        ...slotParameters(one),
      ],
    });
  }
};

export const lowerSelectiveScan: Lowering<'selectiveScan'> = (
  { c, b, x, g, step, weight, spans, options },
  out,
  notes,
) => {
  const { stateSize } = options;
  const [, heads] = sizes(g);
  const each = stateSpans(spans, options);
  const planned = {
    reads: [c, b, x, g, step].map((tensor) => (tensor as CpuTensor).region),
    writes: [out.region, ...each.map(({ state }) => state)],
  };
  notes.withNear(weight, planned, (near) =>
    each.map((one): Operation => ({
      code: OP_SELECTIVE_SCAN,
      reads: [...planned.reads, near.region],
      writes: [out.region, one.state],
      parameters: (address) => [
        ...[c, b, x, g, step, out].map((tensor) => address(one.part(tensor))),
        one.span.tokens,
        heads,
        sizes(b)[1] / stateSize,
        stateSize,
        sizes(x)[1] / heads,
        0,
        ...slotParameters(one),
        address(near),
      ],
    })),
  );
};
