import { expect, it } from 'vitest';
import { memory, openAll, type ByteSource } from './index.ts';

it('openAll opens all sources, in the order of their names', async () => {
  const sources = await openAll(['b', 'a'], async (name) => memory(new Uint8Array(1), name));
  expect(sources.map(({ identity }) => identity)).toEqual(
    [memory(new Uint8Array(1), 'b'), memory(new Uint8Array(1), 'a')].map(({ identity }) => identity),
  );
});

it('openAll closes the opened sources after a failure, and rejects with the first failure', async () => {
  const opened: ByteSource[] = [];
  const opening = openAll(['a', 'first', 'b', 'second'], async (name) => {
    if (name.length > 1) throw new Error(name);
    const source = memory(new Uint8Array(1));
    opened.push(source);
    return source;
  });
  await expect(opening).rejects.toThrow('first');
  expect(opened).toHaveLength(2);
  for (const source of opened)
    await expect(source.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'CLOSED' });
});
