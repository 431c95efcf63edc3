import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['rondo-source'] },
  ssr: { resolve: { conditions: ['rondo-source'] } },
  test: {
    include: ['{packages,apps,benchmarks}/*/src/**/*.test.ts', 'testkit/src/**/*.test.ts'],
    pool: 'forks',
    execArgv: ['--conditions=rondo-source', '--expose-gc'],
    testTimeout: 60_000,
  },
});
