// Nothing blocks: while a model generates, the event loop goes round. Turns are measured in processor time of this thread,
// which other load on the machine does not lengthen.
import { expect, it } from 'vitest';
import { loadDemo, THREE_LAYERS } from './support/demo.ts';

it('a turn of the event loop takes under 20 ms of processor time at the 99th percentile while a streamed model reads a prompt and generates', async () => {
  await using model = await loadDemo({ memory: THREE_LAYERS });
  const turnsMs: number[] = [];
  const generated = new AbortController();
  const watching = (async () => {
    for (let before = process.threadCpuUsage(); !generated.signal.aborted;) {
      await new Promise((resolve) => setImmediate(resolve));
      const used = process.threadCpuUsage(before);
      before = process.threadCpuUsage();
      turnsMs.push((used.user + used.system) / 1000);
    }
  })();
  let tokens = 0;
  for await (const { tokenId } of model.generate('Once more unto the breach, dear friends. '.repeat(4), {
    maxTokens: 60,
  })) {
    if (tokenId !== undefined) tokens++;
  }
  generated.abort();
  await watching;
  expect(tokens).toBeGreaterThan(10);
  // Most turns only watch. The others are the ones that could block.
  const busyMs = turnsMs.filter((ms) => ms > 0.5).toSorted((a, b) => a - b);
  expect(busyMs.length).toBeGreaterThan(10);
  expect(busyMs[Math.floor(0.99 * busyMs.length)]).toBeLessThan(20);
});
