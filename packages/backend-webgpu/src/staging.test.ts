import { expect, it } from 'vitest';
import { createStaging, PIECES } from './staging.ts';

it('lends each piece to one caller at a time, and at most PIECES pieces', async () => {
  const staging = createStaging();
  const lent = new Set<ArrayBuffer>();
  let most = 0;
  const users = Array.from({ length: 3 * PIECES }, (_, user) =>
    staging.use(100 * user, async (memory) => {
      expect(memory).toHaveLength(100 * user);
      expect(lent).not.toContain(memory.buffer);
      lent.add(memory.buffer);
      most = Math.max(most, lent.size);
      await new Promise((resolve) => setTimeout(resolve, 1));
      lent.delete(memory.buffer);
    }),
  );
  await Promise.all(users);
  expect(most).toBe(PIECES);
});

it('gets a piece back if the step fails, or if there is no memory for the piece', async () => {
  const staging = createStaging();
  for (let user = 0; user <= PIECES; user++) {
    await expect(staging.use(2 ** 40, async () => {})).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await expect(staging.use(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  }
});
