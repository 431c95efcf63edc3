import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArenas, type ArenasOptions, type Place } from './arenas.ts';

const MEBIBYTE = 2 ** 20;
const newArenas = (options: Partial<ArenasOptions> = {}) =>
  createArenas({ shared: false, maximumBytes: 16 * MEBIBYTE, arenaBytes: 4 * MEBIBYTE, ...options });

describe('arenas', () => {
  it('a piece never lies in two memories, pieces never overlap, and all are within the limit', () => {
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
            one = arenas.allocate(step.bytes, step.alignment);
          } catch {
            // Room for this many bytes there is always: pieces of at most 2 MiB leave 2 at most in each of 8 memories.
            expect(held.reduce((sum, { bytes }) => sum + bytes, step.bytes)).toBeGreaterThan(8 * MEBIBYTE);
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

  it('fills one memory after the other, and leaves an eighth of each to what comes and goes', () => {
    const arenas = newArenas();
    const places = Array.from({ length: 12 }, () => arenas.allocate(MEBIBYTE));
    expect(places.map(({ memory }) => memory)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(arenas.allocateIn(0, MEBIBYTE / 2).memory).toBe(0);
  });

  it('takes room that was given back, wherever it is, before any memory grows', () => {
    const arenas = newArenas();
    const places = Array.from({ length: 6 }, () => arenas.allocate(MEBIBYTE));
    const { bytes } = arenas;
    const given = places[4];
    if (!given) throw new Error('unreachable');
    arenas.free(given);
    expect(arenas.allocate(MEBIBYTE - 100)).toEqual({ ...given, bytes: MEBIBYTE - 64 });
    expect(arenas.bytes).toBe(bytes);
  });

  it('counts only memory that is used, and has room for as much as was asked for, in pieces larger than half a memory', () => {
    const arenas = newArenas();
    expect(arenas.bytes).toBe(0);
    const places = Array.from({ length: 7 }, () => arenas.allocate(2.1 * MEBIBYTE));
    expect(new Set(places.map(({ memory }) => memory)).size).toBe(7);
    expect(() => arenas.allocate(2.1 * MEBIBYTE)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(() => newArenas().allocate(3.8 * MEBIBYTE)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
    );
  });

  it('is one memory, without reserve, where one is enough', () => {
    const arenas = newArenas({ maximumBytes: 4 * MEBIBYTE });
    expect(arenas.memories.length).toBe(1);
    expect(arenas.allocate(3.9 * MEBIBYTE).memory).toBe(0);
  });
});
