// Runs the benchmark on a model so small that the figures mean nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testGpu } from '@rondo/testkit/webgpu';
import { expect, it } from 'vitest';
import { render } from './report.ts';
import { run } from './run.ts';

const gpu = await testGpu();

it.skipIf(!gpu)(
  'bench:webgpu measures a tiny model, resident and streamed',
  { timeout: 600_000 },
  async () => {
    if (!gpu) return;
    const folder = await mkdtemp(join(tmpdir(), 'rondo-bench-'));
    try {
      const results = await run({
        gpu,
        shape: 'tiny',
        dtype: 'Q4_0',
        folder,
        promptTokens: 12,
        tokens: 3,
        streamedMemory: '1.2MB',
        copyBytes: 2 ** 20,
        repetitions: 1,
        onStep: () => {},
      });
      expect(results.resident.tokensPerSecond).toBeGreaterThan(0);
      expect(results.float16.tokensPerSecond).toBeGreaterThan(0);
      expect(results.streamed.tokensPerSecond).toBeGreaterThan(0);
      expect(results.streamed.evictions).toBeGreaterThan(0);
      expect(results.copyGigabytesPerSecond).toBeGreaterThan(0);
      const text = render(results);
      expect(text).toContain('matvec Q4_0');
      expect(text).toContain(results.adapter);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
