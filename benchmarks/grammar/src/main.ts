// `pnpm bench:grammar`: how long masks, accepted tokens and rollbacks take with a real vocabulary.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, watchOthers, writeResults } from '@rondo/bench-shared';
import { tokenTrieOf } from '@rondo/grammar';
import { measureSchema } from './measure.ts';
import { render, type Results } from './report.ts';
import { readVocabulary } from './vocabulary.ts';

const usage = `Usage: pnpm bench:grammar [options]
  --quick       one small schema and few texts; figures good for a glance only
  --out FOLDER  where latest.json and latest.md go (default benchmarks/grammar/results)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const results = await measure();
  const text = render(results);
  console.log(text);
  await writeResults(flags.out, text, results);
}

async function measure(): Promise<Results> {
  const machine = await describeMachine();
  const othersSince = watchOthers();
  const { name, tokenBytes, endTokens } = await readVocabulary();
  const startMs = performance.now();
  const trie = tokenTrieOf(tokenBytes);
  const trieMs = performance.now() - startMs;
  const sizes = flags.quick ? [2000] : [2000, 20_000, 200_000, 1_000_000];
  const schemas = sizes.map((bytes) => {
    const runs = flags.quick ? 1 : bytes > 100_000 ? 3 : 9;
    return measureSchema({ trie, endTokens }, bytes, runs, flags.quick ? 2 : 4);
  });
  return {
    date: new Date().toISOString(),
    machine,
    busyElsewhere: othersSince(),
    vocabulary: { name, tokens: trie.tokens, nodes: trie.byteOf.length, trieMs },
    schemas,
  };
}
