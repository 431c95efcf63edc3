// Cases: attention against the reference, over caches of each data type that a backend has.
import type { AttentionSpan, KvCacheDType } from '../kv-cache.ts';
import {
  bench,
  bytesSource,
  compare,
  failsWith,
  refsTo,
  sameBits,
  uniformKvLayers,
  type Bench,
} from './harness.ts';
import type { ConformanceCase } from './case.ts';

/**
 * Allowed relative errors. F32: sums in another order. Q8_0: a value at the edge between two steps, which another order of
 * multiplication rounds to the other step.
 */
const TOLERANCES: Readonly<Record<KvCacheDType, number>> = { F32: 1e-5, Q8_0: 1e-3 };

/** Attention over caches of these data types. */
export function attentionCases(dtypes: readonly KvCacheDType[]): readonly ConformanceCase[] {
  return dtypes.flatMap(casesOf);
}

function casesOf(dtype: KvCacheDType): ConformanceCase[] {
  const tolerance = TOLERANCES[dtype];
  const cacheOf = ({ backend }: Bench, heads: number, headSize: number, capacity: number) =>
    backend.kvCache({ layers: uniformKvLayers(2, heads, headSize), capacity, dtype });
  return [
    ...[
      { name: 'one head for each', heads: 3, kvHeads: 3, headSize: dtype === 'F32' ? 8 : 64 },
      { name: 'grouped heads', heads: 6, kvHeads: 2, headSize: 32 },
      { name: 'grouped heads of odd size', heads: 4, kvHeads: 1, headSize: dtype === 'F32' ? 37 : 160 },
    ].map(({ name, heads, kvHeads, headSize }): ConformanceCase => ({
      name: `attention over ${dtype}, ${name}: prompt, then token by token, two sequences`,
      async run(make) {
        const backend = await make();
        for (const window of [undefined, 3]) {
          await compare(backend, headSize, tolerance, async (on) => {
            const caches = [cacheOf(on, kvHeads, headSize, 20), cacheOf(on, kvHeads, headSize, 9)] as const;
            const results: number[] = [];
            const steps: AttentionSpan[][] = [
              [{ cache: caches[0], position: 0, tokens: 11 }],
              [
                { cache: caches[0], position: 11, tokens: 1 },
                { cache: caches[1], position: 0, tokens: 5 },
              ],
              [
                { cache: caches[1], position: 5, tokens: 1 },
                { cache: caches[0], position: 12, tokens: 2 },
              ],
            ];
            for (const spans of steps) {
              const tokens = spans.reduce((sum, span) => sum + span.tokens, 0);
              const q = await on.input([tokens, heads * headSize]);
              const k = await on.input([tokens, kvHeads * headSize]);
              const v = await on.input([tokens, kvHeads * headSize]);
              const attended = await on.run((e) =>
                e.attention(q, k, v, spans, { layer: 1, scale: 1 / Math.sqrt(headSize), window }),
              );
              for (const value of attended) results.push(value);
            }
            return Float32Array.from(results);
          });
        }
        await backend.dispose();
      },
    })),
    {
      name: `attention over ${dtype}, a long context`,
      async run(make) {
        const backend = await make();
        await compare(backend, 3, tolerance, async (on) => {
          const cache = cacheOf(on, 1, 32, 1500);
          const spans = [{ cache, position: 0, tokens: 1300 }];
          const q = await on.input([1300, 64]);
          const k = await on.input([1300, 32]);
          const v = await on.input([1300, 32]);
          return on.run((e) => e.rows(e.attention(q, k, v, spans, { layer: 0, scale: 2 }), 1290, 10));
        });
        await backend.dispose();
      },
    },
    {
      name: `attention over ${dtype}, a cache that grows and shrinks gives the bits of a whole one`,
      async run(make) {
        const backend = await make();
        const shape = { layers: uniformKvLayers(3, 2, 32), capacity: 700, dtype };
        const pageBytes = 5.5 * backend.kvCacheBytes({ ...shape, capacity: 1 });
        for (const window of [undefined, 7]) {
          const [whole, growing] = [backend.kvCache(shape), backend.kvCache({ ...shape, pageBytes })];
          const on = bench(backend, 17);
          // Other allocations lie between the pages. At position 9 the cache begins again with fewer pages.
          for (const [position, tokens] of [
            [0, 3],
            [3, 600],
            [603, 1],
            [9, 2],
            [11, 1],
          ] as const) {
            growing.reserve(position + tokens);
            backend.tensor([1, 1000]);
            if (growing.positions < position + tokens || growing.bytes > growing.bytesFor(growing.capacity))
              throw new Error(
                `${growing.bytes} bytes for ${growing.positions} positions of ${position + tokens}.`,
              );
            const q = await on.input([tokens, 128]);
            const [k, v] = [await on.input([tokens, 64]), await on.input([tokens, 64])];
            const [expected, found] = await Promise.all(
              [whole, growing].map((cache) =>
                on.run((e) =>
                  e.attention(q, k, v, [{ cache, position, tokens }], { layer: 1, scale: 0.4, window }),
                ),
              ),
            );
            if (expected && found) sameBits(found, expected, `positions from ${position} on`);
          }
          await failsWith('CONTEXT_FULL', () => growing.reserve(701));
          whole.free();
          growing.free();
        }
        await backend.dispose();
      },
    },
    {
      name: `attention over ${dtype}, scores capped`,
      async run(make) {
        const backend = await make();
        await compare(backend, 6, tolerance, async (on) => {
          const spans = [{ cache: cacheOf(on, 2, 32, 9), position: 0, tokens: 9 }];
          const q = await on.input([9, 128]);
          const k = await on.input([9, 64]);
          const v = await on.input([9, 64]);
          return on.run((e) => e.attention(q, k, v, spans, { layer: 0, scale: 0.5, softcap: 2 }));
        });
        await backend.dispose();
      },
    },
    ...[
      { name: 'sinks', window: undefined, softcap: undefined },
      { name: 'sinks and a window', window: 5, softcap: undefined },
      { name: 'sinks, scores capped', window: undefined, softcap: 2 },
    ].map(({ name, window, softcap }): ConformanceCase => ({
      name: `attention over ${dtype}, ${name}: two sequences, a prompt of several tiles, then token by token`,
      async run(make) {
        const backend = await make();
        await compare(backend, 31, tolerance, async (on) => {
          const [heads, kvHeads, headSize] = [6, 2, 32];
          const caches = [cacheOf(on, kvHeads, headSize, 530), cacheOf(on, kvHeads, headSize, 9)] as const;
          const sinks = await on.weight('F32', [heads]);
          const results: number[] = [];
          const steps: AttentionSpan[][] = [
            [
              { cache: caches[1], position: 0, tokens: 5 },
              { cache: caches[0], position: 0, tokens: 520 },
            ],
            [
              { cache: caches[0], position: 520, tokens: 1 },
              { cache: caches[1], position: 5, tokens: 1 },
            ],
            [{ cache: caches[0], position: 521, tokens: 3 }],
          ];
          for (const spans of steps) {
            const tokens = spans.reduce((sum, span) => sum + span.tokens, 0);
            const q = await on.input([tokens, heads * headSize]);
            const k = await on.input([tokens, kvHeads * headSize]);
            const v = await on.input([tokens, kvHeads * headSize]);
            const options = { layer: 1, scale: 0.5, window, softcap };
            const attended = await on.run((e) => e.attention(q, k, v, spans, options, sinks));
            for (const value of attended) results.push(value);
          }
          return Float32Array.from(results);
        });
        await backend.dispose();
      },
    })),
    {
      name: `attention over ${dtype}, sinks far above and far below all scores, and sinks that are leased`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 12);
        const slot = backend.slot([{ offset: 0, bytes: 16 }], 4);
        const spans = [{ cache: cacheOf(on, 2, 32, 6), position: 0, tokens: 6 }];
        const [q, k, v] = [
          await on.input([6, 128]),
          await on.input([6, 64]),
          await on.input([6, 64]),
        ] as const;
        const options = { layer: 0, scale: 0.2 };
        const without = await on.run((e) => e.attention(q, k, v, spans, options));
        await slot.fill(bytesSource(new Uint8Array(Float32Array.of(-1000, 1000, -1000, 1000).buffer)));
        const sinks = slot.weight('F32', [4], 0);
        const attended = await on.run((e) => e.attention(q, k, v, spans, options, sinks));
        // A sink below all scores changes nothing but rounding. A sink above all scores leaves nothing to the values.
        const expected = without.map((value, i) => (Math.floor(i / 32) % 2 === 0 ? value : 0));
        for (const [i, value] of attended.entries())
          if (!(Math.abs(value - (expected[i] ?? 0)) < 1e-5))
            throw new Error(`Value ${i} is ${value} instead of ${expected[i]}.`);
        const into = backend.tensor([6, 128]);
        const encoder = backend.encoder();
        const [ref] = refsTo([sinks]);
        encoder.copy(encoder.attention(q, k, v, spans, options, ref), into);
        let released = 0;
        await backend.submit(encoder, async () => ({ weight: sinks, release: () => void released++ }));
        sameBits(await backend.read(into), attended, 'leased sinks');
        if (released !== 1) throw new Error(`The sinks were released ${released} times.`);
        await backend.dispose();
      },
    },
    {
      name: `attention over ${dtype}, sinks of another number of heads or another type are refused`,
      async run(make) {
        const backend = await make();
        const on = bench(backend, 13);
        const spans = [{ cache: cacheOf(on, 2, 32, 6), position: 0, tokens: 1 }];
        const [q, k] = [await on.input([1, 128]), await on.input([1, 64])];
        for (const weight of [await on.weight('F32', [2]), await on.weight('F16', [4])])
          await failsWith('BAD_SHAPE', () =>
            backend.encoder().attention(q, k, k, spans, { layer: 0, scale: 1 }, weight),
          );
        await backend.dispose();
      },
    },
    {
      name: `attention over ${dtype}, layers of different heads and sizes, one without keys of its own`,
      async run(make) {
        const backend = await make();
        const layers = [
          { heads: 2, keySize: 64, valueSize: 32 },
          undefined,
          { heads: 1, keySize: 32, valueSize: 96 },
          { heads: 4, keySize: 32, valueSize: 32, keptPositions: 20 },
        ];
        for (const pageBytes of [undefined, 5000]) {
          await compare(backend, 9, tolerance, async (on) => {
            const cache = on.backend.kvCache({ layers, capacity: 40, dtype, pageBytes });
            const results: number[] = [];
            for (const [position, tokens] of [
              [0, 7],
              [7, 1],
              [8, 12],
            ] as const) {
              cache.reserve(position + tokens);
              const spans = [{ cache, position, tokens }];
              for (const [layer, shape] of layers.entries()) {
                if (!shape) continue;
                const { heads, keySize, valueSize, keptPositions } = shape;
                const q = await on.input([tokens, 2 * heads * keySize]);
                const k = await on.input([tokens, heads * keySize]);
                const v = await on.input([tokens, heads * valueSize]);
                const options = { layer, scale: 0.3, window: keptPositions && 6 };
                const own = await on.run((e) => e.attention(q, k, v, spans, options));
                // Another layer sees the keys and values that this layer has stored.
                const sharing = await on.run((e) =>
                  e.attention(e.scale(q, -1), undefined, undefined, spans, options),
                );
                for (const value of [...own, ...sharing]) results.push(value);
              }
            }
            const e = on.backend.encoder();
            const q = await on.input([1, 64]);
            const spans = [{ cache, position: 0, tokens: 1 }];
            await failsWith('BAD_ARGUMENT', () =>
              e.attention(q, undefined, undefined, spans, { layer: 1, scale: 1 }),
            );
            await failsWith('BAD_SHAPE', () => e.attention(q, q, undefined, spans, { layer: 0, scale: 1 }));
            cache.free();
            return Float32Array.from(results);
          });
        }
        await backend.dispose();
      },
    },
    {
      name: `attention over ${dtype}, a layer that keeps its window gives the bits of one that keeps all`,
      async run(make) {
        const backend = await make();
        const window = 37;
        const all = { heads: 2, keySize: 32, valueSize: 32 };
        const layers = [all, { ...all, keptPositions: window + 99 }];
        for (const pageBytes of [undefined, 20_000]) {
          const cache = backend.kvCache({ layers, capacity: 900, dtype, pageBytes });
          const whole = backend.kvCache({ layers: [all, all], capacity: 900, dtype });
          const fewer = cache.bytesFor(900) < whole.bytesFor(900);
          if (!fewer) throw new Error(`${cache.bytesFor(900)} bytes although a layer keeps its window.`);
          const on = bench(backend, 23);
          let position = 0;
          for (const tokens of [3, 100, 1, 100, 64, 1, 1, 100, 100, 100, 77, 1, 1, 100]) {
            cache.reserve(position + tokens);
            const q = await on.input([tokens, 128]);
            const [k, v] = [await on.input([tokens, 64]), await on.input([tokens, 64])];
            const [expected, found] = await Promise.all(
              [whole, cache].map((one) =>
                on.run((e) =>
                  e.attention(q, k, v, [{ cache: one, position, tokens }], { layer: 1, scale: 0.4, window }),
                ),
              ),
            );
            if (expected && found) sameBits(found, expected, `positions from ${position} on`);
            position += tokens;
          }
          const e = backend.encoder();
          const x = await on.input([101, 64]);
          const spans = [{ cache, position: 700, tokens: 101 }];
          cache.reserve(801);
          await failsWith('BAD_ARGUMENT', () => e.attention(x, x, x, spans, { layer: 1, scale: 1, window }));
          cache.free();
          whole.free();
        }
        await backend.dispose();
      },
    },
  ];
}
