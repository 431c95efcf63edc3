import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { provideVulkanLoader } from './testkit/src/vulkan-loader.ts';

provideVulkanLoader();

export default defineConfig({
  resolve: { conditions: ['rondo-source'] },
  ssr: { resolve: { conditions: ['rondo-source'] } },
  test: {
    include: [
      '{packages,apps,benchmarks}/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'testkit/src/**/*.test.ts',
    ],
    reporters: ['default', './testkit/src/skipped-tests-reporter.ts'],
    pool: 'forks',
    // Vitest leaves one processor free by default, which on a machine of two runs one file at a time.
    maxWorkers: availableParallelism(),
    execArgv: ['--conditions=rondo-source', '--expose-gc'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
