import { expect, it } from 'vitest';
import { blob } from './index.ts';

const content = new Uint8Array(9 * 2 ** 20).fill(7);

it('a blob larger than its buffer is read in steps, and an abort takes effect between them', async () => {
  const source = blob(new Blob([content]));
  const target = new Uint8Array(content.length);
  await source.readInto(target, 0);
  expect(Buffer.compare(target, content)).toBe(0);

  const abort = new AbortController();
  target.fill(0);
  const reading = source.readInto(target, 0, { signal: abort.signal });
  abort.abort('enough');
  await expect(reading).rejects.toBe('enough');
  expect(target.includes(7)).toBe(false);
});

it('the identity of a File is its name, size and time; other blobs get a unique identity', () => {
  const file = (name: string, lastModified: number) => blob(new File(['x'], name, { lastModified })).identity;
  expect(file('a', 1)).toBe(file('a', 1));
  expect(new Set([file('a', 1), file('b', 1), file('a', 2)]).size).toBe(3);
  expect(blob(new Blob(['x'])).identity).not.toBe(blob(new Blob(['x'])).identity);
});
