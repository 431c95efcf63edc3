// `pnpm soak --minutes N`: runs the programs one after another, and ends with exit code 1 if one of them finds something.
import { parseArgs } from 'node:util';
import { randomNumbers } from '@rondo/tensor/conformance';
import { aborts } from './aborts.ts';
import { kills } from './kills.ts';
import { mutations } from './mutations.ts';
import type { SoakProgram } from './soak.ts';
import { statistics } from './statistics.ts';

const programs: Readonly<Record<string, SoakProgram>> = { kills, mutations, aborts, statistics };

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 4);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new RangeError('Usage: pnpm soak --minutes N [--seed N]');

console.log(`seed ${seed}`);
for (const [name, program] of Object.entries(programs)) {
  const endMs = performance.now() + (minutes * 60_000) / Object.keys(programs).length;
  const line = await program({ over: () => performance.now() >= endMs, random: randomNumbers(seed) });
  console.log(`${name}: ${line}`);
}
