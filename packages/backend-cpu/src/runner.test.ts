// 59: if a kernel thread ends without an error, waiting submissions reject with a typed error.
import { expect, it, vi } from 'vitest';
import { cpu } from './cpu.ts';
import type { Thread } from './platform/thread.ts';

const threads: Thread[] = [];
vi.mock('#platform', async (original) => {
  const platform = await original<typeof import('./platform/node.ts')>();
  return {
    ...platform,
    startThread(...given: Parameters<typeof platform.startThread>) {
      const thread = platform.startThread(...given);
      threads.push(thread);
      return thread;
    },
  };
});

it('a thread that exits without an error fails the work that waits for it, and dispose comes to an end', async () => {
  const backend = await cpu({ threads: 2 });
  const tensor = backend.tensor([4, 64]);
  await threads[1]?.terminate();
  const encoder = backend.encoder();
  encoder.copy(encoder.add(tensor, tensor), tensor);
  await expect(backend.submit(encoder)).rejects.toMatchObject({
    code: 'BACKEND_FAILED',
    message: expect.stringContaining('exited'),
  });
  const read = await backend.read(tensor).catch(({ code }: { code: string }) => code);
  expect(read).toBe('BACKEND_FAILED');
  await backend.dispose();
});
