import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArena, createMemory, type Allocation } from './arena.ts';

const MEBIBYTE = 2 ** 20;
const newArena = (maximumBytes = 64 * MEBIBYTE) =>
  createArena({ memory: createMemory(false, maximumBytes), maximumBytes });

describe('arena', () => {
  it('allocations are aligned and never overlap, in any order of allocations and frees', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ bytes: fc.integer({ min: 0, max: 300_000 }), alignment: fc.constantFrom(64, 512, 4096) }),
        fc.record({ free: fc.nat() }),
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const arena = newArena();
        const held: Allocation[] = [];
        for (const step of all) {
          if ('free' in step) {
            const [gone] = held.splice(step.free % Math.max(1, held.length), 1);
            if (gone) arena.free(gone);
          } else {
            const one = arena.allocate(step.bytes, step.alignment);
            expect(one.address % step.alignment).toBe(0);
            expect(one.bytes).toBeGreaterThanOrEqual(step.bytes);
            expect(one.address + one.bytes).toBeLessThanOrEqual(arena.bytes);
            for (const other of held) {
              expect(
                one.address >= other.address + other.bytes || other.address >= one.address + one.bytes,
              ).toBe(true);
            }
            held.push(one);
          }
        }
      }),
    );
  });

  it('merges freed ranges: the same allocations fit again without growth', () => {
    const arena = newArena();
    const round = () => Array.from({ length: 20 }, (_, i) => arena.allocate(100_000 + i, 4096));
    for (const one of round()) arena.free(one);
    const bytes = arena.bytes;
    for (let i = 0; i < 10; i++) for (const one of round().toReversed()) arena.free(one);
    expect(arena.bytes).toBe(bytes);
    expect(arena.allocate(1_900_000).bytes).toBeGreaterThanOrEqual(1_900_000);
    expect(arena.bytes).toBe(bytes);
  });

  it('allocates in the smallest free range that fits, and keeps larger free ranges whole', () => {
    const arena = newArena();
    const [large, , fitting] = [50_000, 40_000, 30_000, 40_000].map((bytes) => arena.allocate(bytes));
    if (!large || !fitting) throw new Error('nothing was allocated');
    arena.free(large);
    arena.free(fitting);
    expect(arena.allocate(28_000).address).toBe(fitting.address);
    expect(arena.allocate(50_000).address).toBe(large.address);
  });

  it('freed ranges of lasting pieces stay whole while passing pieces are allocated and freed', () => {
    const arena = newArena();
    const pieces = [100_000, 100_000, 100_000].map((bytes) => arena.allocate(bytes));
    const { bytes } = arena;
    const [, second, third] = pieces;
    if (!second || !third) throw new Error('nothing was allocated');
    // Allocates the rest of the memory: further allocations must use freed ranges.
    arena.allocate(bytes - third.address - third.bytes);
    arena.free(second);
    const small = arena.allocate(20_000, 64, false);
    arena.free(third);
    const large = arena.allocate(100_000);
    arena.free(small);
    expect(arena.allocate(100_000).address).toBe(second.address);
    expect(large.address).toBe(third.address);
    expect(arena.bytes).toBe(bytes);
  });

  it('passing pieces leave the end of the memory to lasting pieces, so that growth leaves no hole', () => {
    const arena = newArena();
    const first = arena.allocate(50_000);
    arena.allocate(50_000);
    arena.free(first);
    for (let count = 0; count < 20; count++) {
      arena.allocate(1_500_000, 4096);
      arena.allocate(1000, 64, false);
    }
    // 20 pieces of 1.5 MB, rounded up to 4 KiB; before them the first mebibyte and the kernels' constants.
    expect(arena.bytes).toBeLessThan(20 * 1_503_232 + MEBIBYTE + 2 * 65_536);
  });

  it('throws OUT_OF_MEMORY when the memory cannot grow any more, and stays usable', () => {
    const arena = newArena(4 * MEBIBYTE);
    expect(() => arena.allocate(5 * MEBIBYTE)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    expect(arena.allocate(3 * MEBIBYTE).bytes).toBe(3 * MEBIBYTE);
  });
});
