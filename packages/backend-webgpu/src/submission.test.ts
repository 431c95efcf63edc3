// Tests which submissions share a command buffer, and how work is cut when weights are awaited.
import type { Backend, Encoder, LeaseWeight, Tensor, Weight } from '@rondo/tensor';
import { randomNumbers, randomValues, refsTo } from '@rondo/tensor/conformance';
import { losableGpu, testDevice } from '@rondo/testkit/webgpu';
import { describe, expect, it } from 'vitest';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();
const width = 64;

/** The weights of a feed-forward block, in one slot; the norm before the matrices. */
async function blockWeights(backend: Backend): Promise<Weight[]> {
  const values = randomValues(width + 3 * width * width, randomNumbers(3));
  const slot = backend.slot([{ offset: 0, bytes: values.byteLength }], 4);
  await slot.fill({
    size: values.byteLength,
    alignment: 4,
    readInto: async (target, offset) => target.set(new Uint8Array(values.buffer, offset, target.length)),
  });
  const matrix = (index: number) => slot.weight('F32', [width, width], 4 * width * (1 + index * width));
  return [slot.weight('F32', [width], 0), matrix(0), matrix(1), matrix(2)];
}

function encodeBlock(e: Encoder, x: Tensor, [norm, gate, up, down]: readonly Weight[]): Tensor {
  if (!norm || !gate || !up || !down) throw new RangeError('A block has four weights.');
  const h = e.rmsNorm(x, norm, 1e-6);
  return e.add(x, e.matmul(down, e.gated(e.matmul(gate, h), e.matmul(up, h), 'silu')));
}

async function inputOf(backend: Backend) {
  const tensor = backend.tensor([2, width]);
  await backend.write(tensor, randomValues(2 * width, randomNumbers(4)));
  return tensor;
}

const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!shared)('submissions', () => {
  it('of one turn of the event loop share a command buffer; a pass of many layers is one command buffer', async () => {
    const backend = await webgpu(shared);
    const [hidden, weights] = [await inputOf(backend), await blockWeights(backend)];
    const layer = async () => {
      await Promise.resolve();
      const encoder = backend.encoder();
      encoder.copy(encodeBlock(encoder, hidden, weights), hidden);
      return { done: backend.submit(encoder) };
    };
    for (let pass = 1; pass <= 3; pass++) {
      const done: Promise<void>[] = [];
      for (let index = 0; index < 12; index++) done.push((await layer()).done);
      await Promise.all(done);
      expect(backend.counts.commandBuffers).toBe(pass);
    }
    for (let apart = 0; apart < 2; apart++) await (await layer()).done;
    expect(backend.counts.commandBuffers).toBe(5);
    await backend.dispose();
  });

  it('do not see values that are written after the submission', async () => {
    const backend = await webgpu(shared);
    const [one, total] = [backend.tensor([1, 1]), backend.tensor([1, 1])];
    const add = () => {
      const encoder = backend.encoder();
      encoder.copy(encoder.add(total, one), total);
      return backend.submit(encoder);
    };
    const write = (value: number) => backend.write(one, Float32Array.of(value));
    await Promise.all([write(1), add(), add(), write(10), add(), write(100)]);
    expect([...(await backend.read(total))]).toEqual([12]);
    await backend.dispose();
  });

  it('of one turn of the event loop have separate temporaries and tables of different sizes', async () => {
    const backend = await webgpu(shared);
    const x = backend.tensor([4, 100]);
    await backend.write(
      x,
      Float32Array.from({ length: 400 }, (_, i) => Math.floor(i / 100)),
    );
    const pick = (rows: readonly number[]) => {
      const into = backend.tensor([rows.length, 100]);
      const encoder = backend.encoder();
      const picked = encoder.getRows(x, rows);
      encoder.copy(encoder.add(encoder.add(picked, picked), picked), into);
      return { rows, into, done: backend.submit(encoder) };
    };
    const picks = [[3], [1, 0], [2, 3, 1, 0], [2]].map(pick);
    await Promise.all(picks.map(({ done }) => done));
    expect(backend.counts.commandBuffers).toBe(1);
    for (const { rows, into } of picks) {
      const values = await backend.read(into);
      expect(rows.map((_, i) => values[i * 100 + 99])).toEqual(rows.map((row) => 3 * row));
    }
    await backend.dispose();
  });

  it('that fail do not affect other submissions in the same command buffer', async () => {
    const backend = await webgpu(shared);
    const total = backend.tensor([1, 1]);
    await backend.write(total, Float32Array.of(1));
    const double = backend.encoder();
    double.copy(double.add(total, total), total);
    const bad = backend.encoder();
    bad.matmul({ dtype: 'F32', shape: [4, 1] }, total);
    const results = await Promise.allSettled([double, bad, double].map((one) => backend.submit(one)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([...(await backend.read(total))]).toEqual([4]);
    await backend.dispose();
  });
});

describe.skipIf(!shared)('weights that are leased', () => {
  it('give the same bits whether they are in memory or late, and are fused if they are in memory', async () => {
    const backend = await webgpu(shared);
    const [x, weights] = [await inputOf(backend), await blockWeights(backend)];
    const into = backend.tensor(x.shape);
    const run = async (given: readonly Weight[], lease?: LeaseWeight) => {
      const before = { ...backend.counts };
      const encoder = backend.encoder();
      encoder.copy(encodeBlock(encoder, x, given), into);
      await backend.submit(encoder, lease);
      const { commandBuffers, dispatches } = backend.counts;
      return {
        values: await backend.read(into),
        commandBuffers: commandBuffers - before.commandBuffers,
        dispatches: dispatches - before.dispatches,
      };
    };
    const resident = await run(weights);
    expect(resident).toMatchObject({ commandBuffers: 1, dispatches: 3 });

    // Bit i of `late`: weight i is late.
    for (let late = 0; late < 16; late++) {
      const refs = refsTo(weights);
      const held = new Set<Weight>();
      const streamed = await run(refs, (asked) => {
        const { segment: index } = asked;
        const weight = weights[index];
        if (!weight) throw new RangeError('Not a weight of the block.');
        const lease = () => {
          held.add(asked);
          return { weight, release: () => held.delete(asked) };
        };
        // Two turns of the event loop: by then the earlier work is in the queue.
        return (late >> index) & 1
          ? turn()
              .then(() => turn())
              .then(lease)
          : lease();
      });
      expect(streamed.values).toEqual(resident.values);
      expect(held.size).toBe(0);
      const isLate = (index: number) => (late >> index) & 1;
      // No work comes before the norm, so waiting for the norm's weight makes no further command buffer.
      expect(streamed.commandBuffers).toBe(1 + isLate(1) + isLate(2) + isLate(3));
      // Gate and up are fused unless `up` is late. The sum is always fused, since it needs only the last product.
      expect(streamed.dispatches).toBe(isLate(2) ? 5 : 3);
    }
    await backend.dispose();
  });

  it('that cannot be leased fail their submission after the earlier work is done', async () => {
    const backend = await webgpu(shared);
    const [x, weights] = [await inputOf(backend), await blockWeights(backend)];
    const refs = refsTo(weights);
    let held = 0;
    const encoder = backend.encoder();
    encodeBlock(encoder, x, refs);
    const submitted = backend.submit(encoder, async (asked) => {
      const weight = weights[asked.segment];
      if (!weight || asked.segment === 3) throw new RangeError('no');
      held++;
      return { weight, release: () => held-- };
    });
    await expect(submitted).rejects.toThrow('no');
    expect(held).toBe(0);
    await backend.dispose();
  });

  it('are released when the device is lost, even if they come after the loss', async () => {
    if (!shared) return;
    const { gpu, lose } = losableGpu(shared.gpu);
    const backend = await webgpu({ gpu });
    const [x, weights] = [await inputOf(backend), await blockWeights(backend)];
    const refs = refsTo(weights);
    const comes = Promise.withResolvers<void>();
    const held: Weight[] = [];
    const encoder = backend.encoder();
    encodeBlock(encoder, x, refs);
    const submitted = backend.submit(encoder, async (asked) => {
      const weight = weights[asked.segment];
      if (!weight) throw new RangeError('Not a weight of the block.');
      if (asked.segment === 2) await comes.promise;
      held.push(asked);
      return { weight, release: () => void held.splice(held.indexOf(asked), 1) };
    });
    await turn(20);
    lose('unknown');
    await expect(submitted).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
    comes.resolve();
    await turn(20);
    expect(held).toEqual([]);
    await backend.dispose();
  });
});
