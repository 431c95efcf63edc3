// The tests on real weights, which `pnpm test:real` fetches first.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { provideVulkanLoader } from './testkit/src/vulkan-loader.ts';

provideVulkanLoader();

export default defineConfig({
  resolve: { conditions: ['rondo-source'] },
  ssr: { resolve: { conditions: ['rondo-source'] } },
  test: {
    include: ['benchmarks/*/src/**/*.real-test.ts'],
    pool: 'forks',
    // Vitest leaves one processor free by default, which on a machine of two runs one file at a time.
    maxWorkers: availableParallelism(),
    execArgv: ['--conditions=rondo-source'],
    reporters: ['default', './testkit/src/skipped-tests-reporter.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
});
