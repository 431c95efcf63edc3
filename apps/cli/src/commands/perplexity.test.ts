import { expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

// Slightly more than 96 tokens.
const verse = `ROMEO:
But, soft! what light through yonder window breaks?
It is the east, and Juliet is the sun.
Arise, fair sun, and kill the envious moon,
Who is already sick and pale with grief,
That thou her maid art far more fair than she.
`;

it('rondo perplexity scores the second half of each whole window', async () => {
  const tokens = await rondoHere(['tokenize', 'demo', '--file', '-', '--json'], { input: verse });
  const { tokenIds } = JSON.parse(tokens.stdout) as { tokenIds: number[] };
  const windows = Math.floor(tokenIds.length / 32);
  expect(windows).toBeGreaterThan(2);
  const args = ['perplexity', 'demo', '--file', '-', '--context', '32'];
  const { code, stdout, stderr } = await rondoHere([...args, '--json'], { input: verse });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const result = JSON.parse(stdout) as Record<string, number>;
  expect(Object.keys(result)).toEqual(['perplexity', 'tokens']);
  expect(result['tokens']).toBe(windows * 15);
  // The model was trained on this play; the perplexity of an untrained model would be near its 1,024 tokens.
  expect(result['perplexity']).toBeGreaterThan(2);
  expect(result['perplexity']).toBeLessThan(100);
  const human = await rondoHere(args, { input: verse });
  expect(human.stdout).toBe(`perplexity ${result['perplexity']?.toFixed(4)} over ${windows * 15} tokens\n`);
});

it('rondo perplexity says how many tokens are missing if the text does not fill a window', async () => {
  const outcome = await rondoHere(['perplexity', 'demo', '--file', '-'], { input: 'short' });
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toMatch(/^rondo: .*does not fill a window of 512.*\(BAD_ARGUMENT\)\n$/);
});
