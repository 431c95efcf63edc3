import { expect, it } from 'vitest';
import type { GpuBuffer, Memory } from './memory.ts';
import { createWorkspace } from './workspace.ts';

/** Memory of so many bytes, whose buffers know whether they are freed. */
function fakeMemory(room: number) {
  const freed = new Set<GpuBuffer>();
  let bytes = 0;
  const memory = {
    allocate(wanted: number) {
      if (bytes + wanted > room) throw new RangeError('no room');
      bytes += wanted;
      const buffer = {
        bytes: wanted,
        free() {
          bytes -= wanted;
          freed.add(buffer);
        },
      } as GpuBuffer;
      return buffer;
    },
  } as Memory;
  return { memory, freed };
}

it('grows, gives up what was too small before it asks for more, and forgets what it gave up', () => {
  const { memory, freed } = fakeMemory(100);
  const workspace = createWorkspace(memory);
  const [first, second] = workspace.ensure([10, 20]);
  expect(workspace.ensure([5])).toEqual([first]);
  const [larger, same] = workspace.ensure([80, 20]);
  expect(larger?.bytes).toBe(80);
  expect(same).toBe(second);
  expect([...freed]).toEqual([first]);
  expect(() => workspace.ensure([81])).toThrow('no room');
  const [anew] = workspace.ensure([50]);
  expect(anew && freed.has(anew)).toBe(false);
});
