// Nothing blocks: while a model generates, the event loop goes round.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { loadDemo, THREE_LAYERS } from './test-support/demo.ts';

it('the p99 delay of the event loop stays under 20 ms while a streamed model reads a prompt and generates', async () => {
  await using model = await loadDemo({ memory: THREE_LAYERS });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let tokens = 0;
  for await (const { tokenId } of model.generate('Once more unto the breach, dear friends. '.repeat(4), {
    maxTokens: 60,
  })) {
    if (tokenId !== undefined) tokens++;
  }
  delay.disable();
  expect(tokens).toBeGreaterThan(10);
  expect(delay.count).toBeGreaterThan(50);
  expect(delay.percentile(99) / 1e6).toBeLessThan(20);
});
