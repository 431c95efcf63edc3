import { checkSpans, positionsOf, type Span } from '../kv-cache.ts';
import { ropeFrequencies, ropeMagnitude, type Rope } from '../rope-table.ts';
import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/** A rotation with positions divided by 2: linear scaling by a factor of 2. */
const half = (kind: Rope['kind'], headSize: number, dimensions: number, factors?: Float32Array): Rope => ({
  kind,
  headSize,
  dimensions,
  frequencies: ropeFrequencies(dimensions, 10_000, { scale: 0.5, factors }),
});
const factors = Float32Array.of(1, 2, 8, 1.5);
const caseRopes: Readonly<Record<string, Rope>> = {
  'neighbours rotate': half('interleaved', 8, 8),
  'halves rotate': half('halves', 8, 8),
  'part of a head rotates, by halves, with factors': half('halves', 12, 8, factors),
  'part of a head rotates, by neighbours, with factors': half('interleaved', 10, 8, factors),
  'with a magnitude': { ...half('halves', 12, 8), magnitude: 1.2 },
  'with a magnitude and a temperature': {
    ...half('interleaved', 8, 8),
    magnitude: 1.2,
    temperature: { scale: 0.1, length: 100 },
  },
};

/** Rotates each head of x `[tokens, heads * headSize]` by the position of its row. */
export const rope = defineOperation({
  of: (x: Tensor, spans: readonly Span[], options: Rope) => ({ x, spans, rope: options }),
  reads: ({ x }) => [x],
  shape({ x, spans, rope: { headSize, dimensions, frequencies } }) {
    const [rows, width] = sizes(x);
    checkSpans('rope', spans, rows);
    if (width % headSize !== 0 || dimensions > headSize || dimensions !== 2 * frequencies.length)
      mismatch(`rope of ${dimensions} values in heads of ${headSize}`, { x: x.shape });
    return x.shape;
  },
  compute({ x, spans, rope: options }, given) {
    const { kind, headSize, dimensions, frequencies } = options;
    const [, width] = sizes(x);
    const values = given.values(x);
    const out = new Float64Array(values);
    for (const [row, position] of positionsOf(spans).entries()) {
      const magnitude = ropeMagnitude(options, position);
      for (let head = row * width; head < (row + 1) * width; head += headSize) {
        for (let pair = 0; pair < dimensions / 2; pair++) {
          const angle = position * at(frequencies, pair);
          const [cosine, sine] = [magnitude * Math.cos(angle), magnitude * Math.sin(angle)];
          const first = head + (kind === 'interleaved' ? 2 * pair : pair);
          const second = first + (kind === 'interleaved' ? 1 : dimensions / 2);
          out[first] = at(values, first) * cosine - at(values, second) * sine;
          out[second] = at(values, first) * sine + at(values, second) * cosine;
        }
      }
    }
    return out;
  },
}).withCases(
  Object.entries(caseRopes).map(([name, options]) => ({
    name: `${name}, over two sequences`,
    arguments: (on) => [
      on.input([3, 2 * options.headSize]),
      [
        { position: 3, tokens: 2 },
        { position: 700, tokens: 1 },
      ],
      options,
    ],
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 2048]), [{ position: 700, tokens: 1 }], half('halves', 64, 64)],
    },
  ],
);
