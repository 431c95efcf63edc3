import { expect, it } from 'vitest';
import type { GpuBuffer, Memory } from './memory.ts';
import { createWorkspace } from './workspace.ts';

/** Memory of `bytes` bytes whose buffers record whether they are freed. */
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

it('a buffer that is too small is replaced: its content is copied, and the old buffer is freed', () => {
  const { memory, freed } = fakeMemory(120);
  const copied: [from: GpuBuffer, to: GpuBuffer, wasThere: boolean][] = [];
  const workspace = createWorkspace(memory, (from, to) => copied.push([from, to, !freed.has(from)]));
  const [first, second] = workspace.ensure([10, 20]);
  expect(workspace.ensure([5])).toEqual([first]);
  const [larger, same] = workspace.ensure([80, 20]);
  expect(larger?.bytes).toBe(80);
  expect(same).toBe(second);
  expect(copied).toEqual([[first, larger, true]]);
  expect([...freed]).toEqual([first]);
  expect(() => workspace.ensure([81])).toThrow('no room');
  expect(larger && freed.has(larger)).toBe(true);
  const [anew] = workspace.ensure([50]);
  expect(anew && freed.has(anew)).toBe(false);
});
