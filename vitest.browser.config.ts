// The tests that run in a browser: headless Chromium, cross-origin isolated, so that memory can be shared. CHROMIUM names
// another binary than Debian's.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumLaunch } from './testkit/src/chromium.ts';

const { executablePath, args, env } = chromiumLaunch();

export default defineConfig({
  resolve: { conditions: ['rondo-source', 'browser', 'import', 'module', 'default'] },
  // Found before the tests begin: found while they run, a dependency would reload the page under them.
  optimizeDeps: { entries: ['packages/*/src/**/!(*.test).ts', 'benchmarks/*/src/*.browser-test.ts'] },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    include: ['{packages,benchmarks}/*/src/**/*.browser-test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath,
          env,
          args: [
            ...args,
            // WebGPU on a software adapter.
            '--enable-unsafe-webgpu',
            '--use-webgpu-adapter=swiftshader',
            '--enable-features=Vulkan',
          ],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
