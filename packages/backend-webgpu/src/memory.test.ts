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

it('counts what it holds, and frees once', () => {
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

it('refuses what passes the budget or what the device binds, and goes on', () => {
  const { memory } = open(2000);
  expect(() => memory.allocate(1040)).toThrowError(outOfMemory);
  const held = memory.allocate(1024);
  expect(() => memory.allocate(1024)).toThrowError(outOfMemory);
  held.free();
  memory.allocate(1024);
});

it('tells of what the device refuses when it is known', async () => {
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

it('frees as many of the slots that lie about as a new one takes, so that sizes that come round find theirs', () => {
  const { memory } = open();
  const sizes = [512, 256, 1024, 256];
  const first = sizes.map((bytes) => memory.allocateReusable(bytes));
  const ids = first.map(({ id }) => id);
  for (const slot of first) slot.free();
  expect(memory.bytes).toBe(2048);
  // Takes the room of the two oldest buffers.
  const other = memory.allocateReusable(640);
  expect(memory.bytes).toBe(2048 - 768 + 640);
  expect(memory.allocateReusable(1024).id).toBe(ids[2]);
  expect(memory.allocateReusable(256).id).toBe(ids[3]);
  other.free();
  expect(memory.allocateReusable(640).id).toBe(other.id);
  expect(memory.bytes).toBe(640 + 1024 + 256);
});

it('gives a freed slot to the next of its size, and frees it for one of another or for anything that needs the room', () => {
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
