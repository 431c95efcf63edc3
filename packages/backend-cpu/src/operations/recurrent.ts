// Operations that continue a recurrent state, span by span. States lie in memory 0, like activations.
import {
  sizes,
  slotsOf,
  spansWithRows,
  type AttentionSpan,
  type StateIndex,
  type Tensor,
  type Weight,
} from '@rondo/tensor';
import type { AddressOf, Operation } from '../command-list.ts';
import type { CpuKvCache, CpuState, CpuTensor } from '../cpu-tensors.ts';
import type { Notes } from '../notes.ts';
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

/** An operation whose spans continue their states, with a weight in memory 0. */
interface WithWeight {
  readonly code: number;
  readonly weight: Weight;
  readonly inputs: readonly Tensor[];
  readonly out: CpuTensor;
  readonly spans: readonly StateSpan[];
  parameters(one: StateSpan, address: AddressOf, near: CpuTensor): number[];
}

function noteWithWeight({ code, weight, inputs, out, spans, parameters }: WithWeight, notes: Notes): void {
  const reads = inputs.map((tensor) => (tensor as CpuTensor).region);
  const writes = [out.region, ...spans.map(({ state }) => state)];
  notes.withNear(weight, { reads, writes }, (near) =>
    spans.map((one): Operation => ({
      code,
      reads: [...reads, near.region],
      writes: [out.region, one.state],
      parameters: (address) => parameters(one, address, near),
    })),
  );
}

export const lowerConvolve: Lowering<'convolve'> = ({ x, weight, spans, state: index }, out, notes) => {
  const [, channels] = sizes(x);
  noteWithWeight(
    {
      code: OP_CONVOLVE,
      weight,
      inputs: [x],
      out,
      spans: stateSpans(spans, index),
      parameters: (one, address, near) => [
        address(one.part(x)),
        address(near),
        address(one.part(out)),
        one.span.tokens,
        channels,
        sizes(weight)[1],
        ...slotParameters(one),
      ],
    },
    notes,
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
  const inputs = [c, b, x, g, step];
  noteWithWeight(
    {
      code: OP_SELECTIVE_SCAN,
      weight,
      inputs,
      out,
      spans: stateSpans(spans, options),
      parameters: (one, address, near) => [
        ...[...inputs, out].map((tensor) => address(one.part(tensor))),
        one.span.tokens,
        heads,
        sizes(b)[1] / stateSize,
        stateSize,
        sizes(x)[1] / heads,
        0,
        ...slotParameters(one),
        address(near),
      ],
    },
    notes,
  );
};
