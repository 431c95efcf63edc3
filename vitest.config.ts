import { defineConfig } from 'vitest/config';
import { provideVulkanLoader } from './testkit/src/vulkan-loader.ts';

provideVulkanLoader();

export default defineConfig({
  resolve: { conditions: ['rondo-source'] },
  ssr: { resolve: { conditions: ['rondo-source'] } },
  test: {
    include: ['{packages,apps,benchmarks}/*/src/**/*.test.ts', 'testkit/src/**/*.test.ts'],
    reporters: ['default', './testkit/src/skipped-tests-reporter.ts'],
    pool: 'forks',
    execArgv: ['--conditions=rondo-source', '--expose-gc'],
    testTimeout: 300_000,
  },
});
