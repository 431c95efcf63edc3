// Cases: operations that continue from a recurrent state, compared with the reference and with themselves.
import type { Encoder } from '../backend.ts';
import type { AttentionSpan, KvCache, KvCacheShape, StateRoute } from '../kv-cache.ts';
import type { PersistentTensor, Tensor, Weight } from '../tensors.ts';
import { restoreStates, saveStates } from '../saved-states.ts';
import { bench, compare, failsWith, relativeError, sameBits, type Bench } from './harness.ts';
import type { ConformanceCase } from './case.ts';

/** An operation that continues a recurrent state, and the sizes of its inputs. */
interface Recurrence {
  readonly name: string;
  /** Number of values of the state. */
  readonly values: number;
  /** For each input, the number of values of a row. */
  readonly widths: readonly number[];
  /** The shape of the weight, if there is one. */
  readonly weight?: readonly number[];
  encode(
    e: Encoder,
    inputs: readonly Tensor[],
    weight: Weight | undefined,
    spans: readonly AttentionSpan[],
  ): Tensor;
}

const at = { layer: 1, state: 1 } as const;

function convolution(channels: number, size: number): Recurrence {
  return {
    name: `convolve, ${channels} channels of ${size} values`,
    values: (size - 1) * channels,
    widths: [channels],
    weight: [channels, size],
    encode(e, [x], weight, spans) {
      if (!x || !weight) throw new Error('A convolution has an input and a weight.');
      return e.convolve(x, weight, spans, at);
    },
  };
}

/** The delta rule. Decays and strengths are computed from random values as in a model; keys have length 1. */
function rule(keyHeads: number, heads: number, keySize: number, valueSize: number): Recurrence {
  return {
    name: `deltaRule, ${heads} heads of ${valueSize}, ${keyHeads} of keys of ${keySize}`,
    values: heads * keySize * valueSize,
    widths: [keyHeads * keySize, keyHeads * keySize, heads * valueSize, heads, heads],
    encode(e, [q, k, v, g, beta], _, spans) {
      if (!q || !k || !v || !g || !beta) throw new Error('The delta rule has five inputs.');
      const unit = e.scale(e.rmsNorm(k, undefined, 1e-6, keySize), keySize ** -0.5);
      const decay = e.scale(e.activate(g, 'softplus'), -1);
      const options = { ...at, keySize, sharing: keyHeads === 2 ? 'rounds' : 'blocks' } as const;
      return e.deltaRule(q, unit, v, decay, e.activate(beta, 'sigmoid'), spans, options);
    },
  };
}

/** The selective scan. Decays and time steps are computed from random values as in a model. */
function scan(groups: number, heads: number, headSize: number, stateSize: number): Recurrence {
  return {
    name: `selectiveScan, ${heads} heads of ${headSize} in ${groups} groups, states of ${stateSize}`,
    values: heads * headSize * stateSize,
    widths: [groups * stateSize, groups * stateSize, heads * headSize, heads],
    weight: [heads],
    encode(e, [c, b, x, step], weight, spans) {
      if (!c || !b || !x || !step || !weight) throw new Error('The scan has four inputs and a weight.');
      const steps = e.activate(step, 'softplus');
      return e.selectiveScan(c, b, x, e.scale(steps, -1), steps, weight, spans, { ...at, stateSize });
    },
  };
}

const recurrences = [
  convolution(300, 4),
  convolution(5, 2),
  rule(2, 4, 16, 8),
  rule(1, 3, 36, 33),
  rule(2, 2, 7, 5),
  scan(2, 4, 16, 8),
  scan(1, 3, 33, 36),
  scan(2, 2, 5, 7),
];

/** A cache whose layer 1 has attention and two states; the operation uses the second state. */
function cacheOf({ backend }: Pick<Bench, 'backend'>, { values }: Recurrence, stateSlots?: number): KvCache {
  const attention = { heads: 1, keySize: 32, valueSize: 32 };
  const shape: KvCacheShape = {
    layers: [undefined, attention],
    states: [[], [3, values]],
    capacity: 64,
    stateSlots,
  };
  const cache = backend.kvCache(shape);
  if (cache.bytes !== backend.kvCacheBytes(shape) || cache.bytes < 4 * values * (stateSlots ?? 1))
    throw new Error(`A cache of ${cache.bytes} bytes, ${backend.kvCacheBytes(shape)} of which were planned.`);
  return cache;
}

/** The inputs of a sequence of `rows` tokens, and the weight. */
async function operandsOf(on: Bench, { widths, weight }: Recurrence, rows: number) {
  const inputs: PersistentTensor[] = [];
  for (const width of widths) inputs.push(await on.input([rows, width]));
  return { inputs, weight: weight && (await on.weight('F32', weight)) };
}

type Operands = Awaited<ReturnType<typeof operandsOf>>;

/** The result of the operation for the tokens of a span. */
function step(on: Bench, one: Recurrence, { inputs, weight }: Operands, span: AttentionSpan) {
  const { position, tokens } = span;
  return on.run((e) =>
    one.encode(
      e,
      inputs.map((input) => e.rows(input, position, tokens)),
      weight,
      [span],
    ),
  );
}

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function casesOf(one: Recurrence): ConformanceCase[] {
  return [
    {
      name: `${one.name}: two sequences in turns, one of them begun anew`,
      async run(make) {
        const backend = await make();
        await compare(backend, 5, 1e-5, async (on) => {
          const [first, second] = [cacheOf(on, one), cacheOf(on, one)] as const;
          const results: Float32Array[] = [];
          const steps: AttentionSpan[][] = [
            [{ cache: first, position: 0, tokens: 6 }],
            [
              { cache: first, position: 6, tokens: 1 },
              { cache: second, position: 0, tokens: 2 },
            ],
            [
              { cache: second, position: 2, tokens: 3 },
              { cache: first, position: 0, tokens: 2 },
            ],
          ];
          for (const spans of steps) {
            const tokens = spans.reduce((sum, span) => sum + span.tokens, 0);
            const { inputs, weight } = await operandsOf(on, one, tokens);
            results.push(await on.run((e) => one.encode(e, inputs, weight, spans)));
          }
          return join(results);
        });
        await backend.dispose();
      },
    },
    {
      name: `${one.name}: token by token gives the bits of one call`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 8);
        const operands = await operandsOf(on, one, 13);
        const whole = await step(on, one, operands, { cache: cacheOf(on, one), position: 0, tokens: 13 });
        for (const sizes of [Array.from({ length: 13 }, () => 1), [3, 1, 9]]) {
          const cache = cacheOf(on, one);
          const parts: Float32Array[] = [];
          let position = 0;
          for (const tokens of sizes) {
            parts.push(await step(on, one, operands, { cache, position, tokens }));
            position += tokens;
          }
          sameBits(join(parts), whole, `calls of ${sizes.join(', ')} tokens`);
          cache.free();
        }
        await backend.dispose();
      },
    },
    {
      name: `${one.name}: goes on from a copy in another slot`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 9);
        const operands = await operandsOf(on, one, 12);
        const width = (result: Float32Array) => result.length / 12;
        const whole = await step(on, one, operands, { cache: cacheOf(on, one), position: 0, tokens: 12 });
        const cache = cacheOf(on, one, 3);
        const rowsFrom = async (position: number, tokens: number, stateRoute: StateRoute) => {
          cache.stateRoute = stateRoute;
          const found = await step(on, one, operands, { cache, position, tokens });
          const expected = whole.subarray(position * width(whole), (position + tokens) * width(whole));
          sameBits(found, expected, `${tokens} tokens from ${position} on`);
        };
        // The first two calls keep the states before tokens 3 and 7. The last states are in slot 1, then in slot 0.
        await rowsFrom(0, 5, { start: 0, from: undefined, to: 1, keep: { position: 3, slot: 2 } });
        await rowsFrom(5, 7, { start: 5, from: 1, to: 0, keep: { position: 7, slot: 1 } });
        await rowsFrom(3, 4, { start: 3, from: 2, to: 2 });
        await rowsFrom(7, 5, { start: 7, from: 1, to: 0, keep: { position: 7, slot: 2 } });
        await rowsFrom(7, 1, { start: 7, from: 2, to: 1 });
        // Two calls with the same route: only the first call continues from the copy.
        await rowsFrom(0, 2, { start: 0, from: undefined, to: 1, keep: { position: 4, slot: 0 } });
        await rowsFrom(2, 6, cache.stateRoute);
        await rowsFrom(4, 2, { start: 4, from: 0, to: 0 });
        await backend.dispose();
      },
    },
    {
      name: `${one.name}: saved states go on in another cache`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 10);
        const operands = await operandsOf(on, one, 7);
        const first = cacheOf(on, one, 2);
        first.stateRoute = { start: 0, from: undefined, to: 1 };
        await step(on, one, operands, { cache: first, position: 0, tokens: 4 });
        const saved = await saveStates(backend, first, 1);
        const rest = await step(on, one, operands, { cache: first, position: 4, tokens: 3 });
        first.free();
        const second = cacheOf(on, one, 3);
        await restoreStates(backend, second, 2, saved);
        second.stateRoute = { start: 4, from: 2, to: 0 };
        const restored = await step(on, one, operands, { cache: second, position: 4, tokens: 3 });
        // Saved states are float32; the reference has states in float64.
        const error = relativeError(restored, rest);
        if (!(error <= 1e-6)) throw new Error(`Relative error ${error} after the saved states, allowed 1e-6`);
        sameBits(await saveStates(backend, second, 2), saved, 'the states that were restored');
        await failsWith('BAD_ARGUMENT', () => restoreStates(backend, second, 0, saved.subarray(1)));
        await failsWith('BAD_ARGUMENT', () => saveStates(backend, second, 3));
        await backend.dispose();
      },
    },
    {
      name: `${one.name}: a state of another size is refused`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 4);
        const { inputs, weight } = await operandsOf(on, one, 2);
        const other = cacheOf(on, { ...one, values: one.values + 1 });
        const encode = (cache: KvCache, tokens = 2) =>
          one.encode(backend.encoder(), inputs, weight, [{ cache, position: 0, tokens }]);
        await failsWith('BAD_ARGUMENT', () => encode(other));
        await failsWith('BAD_ARGUMENT', () => encode(backend.kvCache({ layers: [undefined], capacity: 1 })));
        await failsWith('BAD_SHAPE', () => encode(cacheOf(on, one), 3));
        await backend.dispose();
      },
    },
  ];
}

/** Cases of operations that continue from a recurrent state. */
export const recurrentCases: readonly ConformanceCase[] = recurrences.flatMap(casesOf);
