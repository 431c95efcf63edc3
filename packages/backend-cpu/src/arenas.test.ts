import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArenas, type ArenasOptions, type Place } from './arenas.ts';

const MEBIBYTE = 2 ** 20;
const newArenas = (options: Partial<ArenasOptions> = {}) =>
  createArenas({ shared: false, maximumBytes: 16 * MEBIBYTE, arenaBytes: 4 * MEBIBYTE, ...options });

describe('arenas', () => {
  it('a piece never lies in two memories, pieces never overlap, and all pieces are within the limit', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ bytes: fc.integer({ min: 0, max: 2 * MEBIBYTE }), alignment: fc.constantFrom(64, 4096) }),
        fc.record({ free: fc.nat() }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const arenas = newArenas();
        const held: Place[] = [];
        for (const step of all) {
          if ('free' in step) {
            const [gone] = held.splice(step.free % Math.max(1, held.length), 1);
            if (gone) arenas.free(gone);
            continue;
          }
          let one: Place;
          try {
            one = arenas.allocate(step.bytes, { alignment: step.alignment });
          } catch {
            continue;
          }
          expect(one.address % step.alignment).toBe(0);
          expect(arenas.view(one.memory, one.address, one.bytes).length).toBe(one.bytes);
          for (const other of held) {
            expect(
              other.memory !== one.memory ||
                one.address >= other.address + other.bytes ||
                other.address >= one.address + one.bytes,
            ).toBe(true);
          }
          held.push(one);
          expect(arenas.bytes).toBeLessThanOrEqual(16 * MEBIBYTE);
        }
      }),
    );
  });

  it('lasting data fills one memory after the other, and leaves room for temporaries', () => {
    const arenas = newArenas();
    const places = Array.from({ length: 12 }, () => arenas.allocate(MEBIBYTE));
    expect(places.map(({ memory }) => memory)).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4]);
    arenas.allocateIn(0, 1.9 * MEBIBYTE);
    arenas.allocateIn(1, 0.5 * MEBIBYTE);
  });

  it('uses a freed range of any memory before a memory grows', () => {
    const arenas = newArenas();
    const places = Array.from({ length: 5 }, () => arenas.allocate(MEBIBYTE));
    const { bytes } = arenas;
    const given = places[3];
    if (!given) throw new Error('unreachable');
    arenas.free(given);
    expect(arenas.allocate(MEBIBYTE - 100)).toEqual({ ...given, bytes: MEBIBYTE - 64 });
    expect(arenas.bytes).toBe(bytes);
  });

  it('uses the smallest freed range that fits, of all memories', () => {
    const arenas = newArenas();
    const [large, , , small] = [1.9, 2.9, 1.5, 1.2].map((size) => arenas.allocate(size * MEBIBYTE));
    if (!large || !small) throw new Error('unreachable');
    expect(small.memory).toBeGreaterThan(large.memory);
    arenas.free(large);
    arenas.free(small);
    expect(arenas.allocate(MEBIBYTE).memory).toBe(small.memory);
  });

  it('allocates in the next memory if tensors have filled a memory', () => {
    const arenas = newArenas();
    arenas.allocateIn(0, 3.5 * MEBIBYTE);
    expect(arenas.allocate(MEBIBYTE).memory).toBe(1);
  });

  it('all memories together keep to the limit', () => {
    const arenas = newArenas({ maximumBytes: 6 * MEBIBYTE });
    for (let i = 0; i < 5; i++) arenas.allocate(MEBIBYTE);
    for (const allocate of [() => arenas.allocate(MEBIBYTE), () => arenas.allocateIn(3, MEBIBYTE)])
      expect(allocate).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(arenas.bytes).toBeLessThanOrEqual(6 * MEBIBYTE);
  });

  it('counts only used memory, and the full limit can be used for pieces larger than half a memory', () => {
    const arenas = newArenas();
    expect(arenas.bytes).toBe(0);
    const places = Array.from({ length: 7 }, () => arenas.allocate(2.1 * MEBIBYTE));
    expect(new Set(places.map(({ memory }) => memory)).size).toBe(7);
    expect(() => arenas.allocate(2.1 * MEBIBYTE)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(() => newArenas().allocate(3.8 * MEBIBYTE)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
    );
  });

  it('has as many memories as the platform has address space for, and maximumBytes is their capacity', () => {
    const { Memory } = WebAssembly;
    const withSpaceFor = (count: number) => {
      let left = count;
      WebAssembly.Memory = class extends Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          if (left-- === 0) throw new RangeError('could not allocate memory');
          super(descriptor);
        }
      };
      try {
        return newArenas();
      } finally {
        WebAssembly.Memory = Memory;
      }
    };
    expect(withSpaceFor(8).maximumBytes).toBe(15.75 * MEBIBYTE);
    expect(newArenas({ maximumBytes: 2 ** 50 }).maximumBytes).toBeLessThanOrEqual(256 * 4 * MEBIBYTE);
    expect(withSpaceFor(3).memories.length).toBe(3);
    expect(withSpaceFor(3).maximumBytes).toBeLessThan(6 * MEBIBYTE);
    expect(withSpaceFor(1).maximumBytes).toBe(4 * MEBIBYTE);
    expect(() => withSpaceFor(0)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  });

  it('takes half of a limited address space, but at least one memory', () => {
    const countIn = (spaceBytes: number) => newArenas({ spaceBytes }).memories.length;
    expect(countIn(Infinity)).toBe(8);
    expect(countIn(60 * 2 ** 30)).toBe(3);
    expect(countIn(15 * 2 ** 30)).toBe(1);
    expect(countIn(0)).toBe(1);
  });

  it('has one memory without working room if one memory is enough', () => {
    const arenas = newArenas({ maximumBytes: 4 * MEBIBYTE });
    expect(arenas.memories.length).toBe(1);
    expect(arenas.allocate(3.9 * MEBIBYTE).memory).toBe(0);
  });
});
