// Cases that do not depend on a single operation: memory, order and errors.
import type { PersistentTensor } from '../tensors.ts';
import { ropeFrequencies } from '../rope-table.ts';
import { bench, bytesSource, compare, failsWith, sameBits, uniformKvLayers } from './harness.ts';
import type { ConformanceCase } from './case.ts';

/** Cases for the behaviour of a backend, independent of the operations. */
export const behaviourCases: readonly ConformanceCase[] = [
  {
    name: 'a whole feed-forward block, whose temporaries share memory',
    async run(make) {
      const backend = await make();
      await compare(backend, 21, 1e-5, async (on) => {
        const norm = await on.weight('F32', [64]);
        const gate = await on.weight('F32', [96, 64]);
        const up = await on.weight('F32', [96, 64]);
        const down = await on.weight('F32', [64, 96]);
        const x = await on.input([6, 64]);
        return on.run((e) => {
          let h: PersistentTensor | ReturnType<typeof e.add> = x;
          for (let layer = 0; layer < 4; layer++) {
            const n = e.rmsNorm(h, norm, 1e-6);
            h = e.add(h, e.matmul(down, e.gated(e.matmul(gate, n), e.matmul(up, n), 'silu')));
          }
          return h;
        });
      });
      await backend.dispose();
    },
  },
  {
    name: 'submissions run in order without being awaited, more than any queue holds',
    async run(make) {
      const backend = await make();
      const total = backend.tensor([1, 5]);
      const one = backend.tensor([1, 5]);
      await backend.write(total, new Float32Array(5));
      await backend.write(one, Float32Array.of(1, 2, 3, 4, 5));
      const submissions = Array.from({ length: 300 }, () => {
        const encoder = backend.encoder();
        encoder.copy(encoder.add(total, one), total);
        return backend.submit(encoder);
      });
      const read = backend.read(total);
      await Promise.all(submissions);
      sameBits(await read, Float32Array.of(300, 600, 900, 1200, 1500), 'sum');
      await backend.dispose();
    },
  },
  {
    name: 'an encoder submitted again does the same again, at the positions that its spans then have',
    async run(make) {
      const backend = await make();
      const shape = { layers: uniformKvLayers(1, 2, 8), capacity: 6 };
      const frequencies = ropeFrequencies(8, 10_000);
      const rope = { kind: 'halves', headSize: 8, dimensions: 8, frequencies } as const;
      const on = bench(backend, 12);
      const norm = await on.weight('F32', [16]);
      const weight = await on.weight('F32', [16, 16]);
      const inputs = await Promise.all(Array.from({ length: 6 }, () => on.input([1, 16])));
      const [again, anew] = [backend.kvCache(shape), backend.kvCache(shape)];
      const [x, into] = [backend.tensor([1, 16]), backend.tensor([1, 16])];
      const encode = (span: { position: number; tokens: number; cache: typeof again }) => {
        const e = backend.encoder();
        const h = e.matmul(weight, e.rmsNorm(x, norm, 1e-6));
        const q = e.rope(h, [span], rope);
        e.copy(e.add(x, e.attention(q, q, h, [span], { layer: 0, scale: 0.3 })), into);
        return e;
      };
      const span = { cache: again, position: 0, tokens: 1 };
      const encoder = encode(span);
      for (const [position, input] of inputs.entries()) {
        await backend.write(x, await backend.read(input));
        await backend.submit(encode({ cache: anew, position, tokens: 1 }));
        const expected = await backend.read(into);
        span.position = position;
        await backend.submit(encoder);
        sameBits(await backend.read(into), expected, `position ${position}`);
      }
      await backend.dispose();
    },
  },
  {
    name: 'two runs give the same bits',
    async run(make) {
      const backend = await make();
      const on = bench(backend, 4);
      const weight = await on.weight('F32', [301, 203]);
      const x = await on.input([5, 203]);
      const first = await on.run((e) => e.matmul(weight, x));
      for (let i = 0; i < 20; i++) sameBits(await on.run((e) => e.matmul(weight, x)), first, `run ${i}`);
      await backend.dispose();
    },
  },
  {
    name: 'a slot of several ranges holds each where its weight is looked for, and can be filled again',
    async run(make) {
      const backend = await make();
      const file = new Uint8Array(40_000);
      const values = new Float32Array(file.buffer);
      for (let i = 0; i < values.length; i++) values[i] = i;
      const ranges = [
        { offset: 96, bytes: 64 },
        { offset: 20_000, bytes: 9000 },
        { offset: 39_968, bytes: 32 },
      ];
      const slot = backend.slot(ranges, 512);
      if (slot.bytes < 9096 || slot.bytes !== backend.slotBytes(ranges, 512))
        throw new Error(`slot of ${slot.bytes} bytes`);
      await failsWith('READ_FAILED', () =>
        slot.fill({
          size: file.length,
          alignment: 512,
          readInto: async () => {
            throw Object.assign(new Error('no'), { code: 'READ_FAILED' });
          },
        }),
      );
      await slot.fill(bytesSource(file, 512));
      const on = bench(backend, 1);
      const x = backend.tensor([1, 8]);
      await backend.write(x, Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0));
      for (const offset of [96, 128, 20_000, 28_960, 39_968]) {
        const weight = slot.weight('F32', [1, 8], offset);
        sameBits(await on.run((e) => e.matmul(weight, x)), Float32Array.of(offset / 4), `offset ${offset}`);
      }
      await failsWith('OUT_OF_RANGE', () => slot.weight('F32', [1, 8], 64));
      await failsWith('OUT_OF_RANGE', () => slot.weight('F32', [3, 8], 96));
      slot.free();
      slot.free();
      await backend.dispose();
    },
  },
  {
    name: 'an aborted fill rejects with the reason of its signal',
    async run(make) {
      const backend = await make();
      const slot = backend.slot([{ offset: 0, bytes: 1000 }], 1);
      const controller = new AbortController();
      const reason = new Error('enough');
      const filling = slot.fill(
        {
          size: 1000,
          alignment: 1,
          readInto: (_target, _offset, options) =>
            new Promise((_resolve, reject) =>
              options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
            ),
        },
        { signal: controller.signal },
      );
      controller.abort(reason);
      const error: unknown = await filling.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error !== reason) throw new Error(`Rejected with ${String(error)}`);
      await backend.dispose();
    },
  },
  {
    name: 'shapes that do not go together and positions past the cache are refused when noted',
    async run(make) {
      const backend = await make();
      const on = bench(backend, 1);
      const weight = await on.weight('F32', [4, 8]);
      const x = await on.input([1, 9]);
      const cache = backend.kvCache({ layers: uniformKvLayers(1, 1, 9), capacity: 2 });
      await failsWith('BAD_SHAPE', () => backend.encoder().matmul(weight, x));
      await failsWith('CONTEXT_FULL', () =>
        backend.encoder().attention(x, x, x, [{ cache, position: 2, tokens: 1 }], { layer: 0, scale: 1 }),
      );
      await backend.dispose();
    },
  },
  {
    name: 'dispose can be called twice',
    async run(make) {
      const backend = await make();
      await backend.dispose();
      await backend.dispose();
    },
  },
];
