import { expect, it } from 'vitest';
import { createMemory } from './memory.ts';

/** A device that refuses buffers while `refuses` is true. */
function fakeDevice() {
  const state = { refuses: false, live: 0 };
  const device = {
    pushErrorScope() {},
    popErrorScope: async () => (state.refuses ? { message: 'none left' } : null),
    createBuffer() {
      state.live++;
      return { destroy: () => void state.live-- };
    },
  } as unknown as GPUDevice;
  return { state, device };
}

const outOfMemory = expect.objectContaining({ code: 'OUT_OF_MEMORY' });

function open(maximumBytes = Infinity) {
  const { state, device } = fakeDevice();
  const freed: number[] = [];
  const memory = createMemory({
    device,
    maximumBytes,
    bufferBytes: 1024,
    ended: () => undefined,
    onFree: (id) => freed.push(id),
  });
  return { state, memory, freed };
}

it('counts the bytes of all buffers, and frees a buffer only once', () => {
  const { memory, state, freed } = open();
  const one = memory.allocate(100);
  const two = memory.allocate(1);
  expect(memory.bytes).toBe(112 + 16);
  one.free();
  one.free();
  expect(memory.bytes).toBe(16);
  expect(freed).toEqual([one.id]);
  memory.freeAll();
  two.free();
  expect([memory.bytes, state.live]).toEqual([0, 0]);
});

it('refuses a buffer beyond the budget or the binding limit of the device, and stays usable', () => {
  const { memory } = open(2000);
  expect(() => memory.allocate(1040)).toThrowError(outOfMemory);
  const held = memory.allocate(1024);
  expect(() => memory.allocate(1024)).toThrowError(outOfMemory);
  held.free();
  memory.allocate(1024);
});

it('a buffer that the device refuses rejects granted, and has the error', async () => {
  const { memory, state } = open();
  state.refuses = true;
  const refused = memory.allocate(64);
  state.refuses = false;
  await expect(refused.granted()).rejects.toEqual(outOfMemory);
  expect(refused.error).toEqual(outOfMemory);
  await memory.allocate(64).granted();
  await memory.settled();
  expect(memory.settled()).toBeUndefined();
});

it('a new slot frees only as many bytes of spare slots as it takes, so that other sizes can still be reused', () => {
  const { memory } = open();
  const sizes = [512, 256, 1024, 256];
  const first = sizes.map((bytes) => memory.allocateReusable(bytes));
  const ids = first.map(({ id }) => id);
  for (const slot of first) slot.free();
  expect(memory.bytes).toBe(2048);
  // The two oldest buffers are freed for these 640 bytes.
  const other = memory.allocateReusable(640);
  expect(memory.bytes).toBe(2048 - 768 + 640);
  expect(memory.allocateReusable(1024).id).toBe(ids[2]);
  expect(memory.allocateReusable(256).id).toBe(ids[3]);
  other.free();
  expect(memory.allocateReusable(640).id).toBe(other.id);
  expect(memory.bytes).toBe(640 + 1024 + 256);
});

it('a freed slot is reused for a slot of the same size, and freed if other memory needs its room', () => {
  const { memory, state } = open(2048);
  const first = memory.allocateReusable(512);
  const { id } = first;
  first.free();
  first.free();
  expect(memory.bytes).toBe(512);
  const again = memory.allocateReusable(512);
  expect(again.id).toBe(id);
  expect(memory.allocateReusable(512).id).not.toBe(id);
  again.free();
  memory.allocateReusable(768);
  expect(memory.bytes).toBe(512 + 768);
  memory.allocateReusable(512).free();
  memory.allocate(768);
  expect(memory.bytes).toBe(512 + 768 + 768);
  expect(state.live).toBe(3);
});
