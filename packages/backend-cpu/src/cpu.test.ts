import type { DType } from '@rondo/tensor';
import { backendConformance } from '@rondo/tensor/conformance';
import { describe, it } from 'vitest';
import { cpu, type CpuOptions } from './cpu.ts';
import { matmulInputs } from './matmul-inputs.ts';

const dtypes = Object.keys(matmulInputs) as DType[];

const variants: Record<string, CpuOptions> = {
  'relaxed SIMD, one thread': { threads: 1, relaxedSimd: true },
  'relaxed SIMD, three threads': { threads: 3, relaxedSimd: true },
  'plain SIMD, two threads': { threads: 2, relaxedSimd: false },
  "the caller's thread": { threads: 0 },
};

for (const [name, options] of Object.entries(variants)) {
  describe(`cpu backend, ${name}`, () => {
    for (const one of backendConformance({ dtypes, kvCacheDtypes: ['F32', 'Q8_0'] }))
      it(one.name, () => one.run(() => cpu(options)));
  });
}
