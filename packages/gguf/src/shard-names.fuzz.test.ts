// Fuzzing of file names: each name ends with the names of all files or a promised error, in text of bounded size.
import { isRondoError } from '@rondo/errors';
import { fuzz, fuzzEffort, fuzzTimeoutMs } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { checkIsNoPart, shardNames } from './index.ts';

it(
  'whatever a file is called, its name is one of few or ends in a promised error',
  { timeout: fuzzTimeoutMs },
  async () => {
    const seeds = [
      'm-00001-of-00002.gguf',
      'hf:o/r/M-00002-OF-10000.GGUF@refs/pr/1',
      `${'x'.repeat(400)}-00001-of-09999.gguf?download=true`,
      'm.gguf.part1of2',
      'm.gguf-split-a#x',
      'm.gguf',
    ];
    const { finding, outcomes } = await fuzz({
      async target(input) {
        const name = new TextDecoder('latin1').decode(input);
        try {
          const names = shardNames(name);
          const characters = (names ?? []).reduce((sum, one) => sum + one.length, 0);
          expect(2 * characters).toBeLessThanOrEqual(20 * input.length + 2 ** 20);
          // Any of the names leads to all names.
          if (names) expect(shardNames(names.at(-1) ?? '')).toEqual(names);
          checkIsNoPart(name);
          return names ? 'names' : 'no name of a shard';
        } catch (error) {
          if (isRondoError(error) && ['LIMIT', 'NOT_A_MODEL'].includes(error.code)) return error.code;
          throw error;
        }
      },
      seeds: seeds.map((seed) => new TextEncoder().encode(seed)),
      covers: '/packages/gguf/src/shard-names',
      effort: fuzzEffort(2000),
      maxBytes: 1024,
    });
    expect(finding).toBeUndefined();
    expect([...outcomes.keys()].toSorted()).toEqual(['LIMIT', 'NOT_A_MODEL', 'names', 'no name of a shard']);
  },
);
