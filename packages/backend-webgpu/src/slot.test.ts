// Properties of slots that the conformance suite does not test: the spread over buffers, and reads kept in host memory.
import type { Backend, Slot, SlotSource } from '@rondo/tensor';
import { testDevice } from '@rondo/testkit/webgpu';
import { describe, expect, it } from 'vitest';
import { webgpu } from './webgpu.ts';

const shared = await testDevice();

const [rows, width] = [600, 64];
const file = new Float32Array(rows * width).map((_, i) => Math.floor(i / width));

/** A source whose reads are counted. */
function countedSource() {
  const reads: number[] = [];
  const source: SlotSource = {
    size: file.byteLength,
    alignment: 4,
    async readInto(target, offset) {
      reads.push(offset);
      target.set(new Uint8Array(file.buffer, offset, target.length));
    },
  };
  return { source, reads };
}

/** The product of the slot's rows with a vector of a single one. Each value of a row is the number of the row. */
async function rowsOf(backend: Backend, slot: Slot): Promise<number[]> {
  const x = backend.tensor([1, width]);
  const out = backend.tensor([1, rows]);
  await backend.write(
    x,
    Float32Array.from({ length: width }, (_, i) => (i === 5 ? 1 : 0)),
  );
  const encoder = backend.encoder();
  encoder.copy(encoder.matmul(slot.weight('F32', [rows, width], 0), x), out);
  await backend.submit(encoder);
  return [...(await backend.read(out))];
}

const numbers = Array.from({ length: rows }, (_, row) => row);
const ranges = [{ offset: 0, bytes: file.byteLength }];

describe.skipIf(!shared)('slots', () => {
  it('slots beyond the binding limit are spread over buffers, and their weights are multiplied in parts', async () => {
    const backend = await webgpu({ ...shared, maximumBufferBytes: 32 << 10 });
    const slot = backend.slot(ranges, 4);
    expect(slot.bytes).toBeGreaterThan(file.byteLength);
    expect(slot.bytes).toBe(backend.slotBytes(ranges, 4));
    const before = backend.bytes;
    await slot.fill(countedSource().source);
    expect(await rowsOf(backend, slot)).toEqual(numbers);
    expect(backend.counts.dispatches).toBeGreaterThan(file.byteLength / (32 << 10));
    expect(before).toBeGreaterThanOrEqual(slot.bytes);
    expect(() => slot.weight('F32', [3, 12_800], 0)).toThrowError(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
    await backend.dispose();
  });

  it('a second fill reads from host memory the part that host memory had room for', async () => {
    for (const [hostMemoryBytes, readsAgain] of [
      [file.byteLength, 0],
      [file.byteLength - 1, 1],
    ] as const) {
      const backend = await webgpu({ ...shared, hostMemoryBytes });
      const { source, reads } = countedSource();
      const first = backend.slot(ranges, 4);
      await first.fill(source);
      first.free();
      expect(reads).toHaveLength(1);
      const second = backend.slot(ranges, 4);
      await second.fill(source);
      expect(reads).toHaveLength(1 + readsAgain);
      expect(await rowsOf(backend, second)).toEqual(numbers);
      // Another source has other content.
      const other = countedSource();
      await second.fill(other.source);
      expect(other.reads).toHaveLength(1);
      await backend.dispose();
    }
  });
});
