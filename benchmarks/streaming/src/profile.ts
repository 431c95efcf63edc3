// `pnpm bench:profile`: what a profile costs, with and without in turns, and a picture of one streamed token.
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@rondo/backend-cpu';
import { describeMachine, inALine, median, table } from '@rondo/bench-shared';
import { createProfile, loadModel, type Model, type ProfileEvent } from '@rondo/model';
import { file } from '@rondo/source';
import { benchModel } from './models.ts';
import { pictureOf } from './profile-picture.ts';
import { promptIds } from './prompts.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    models: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    picture: { type: 'string', default: join(import.meta.dirname, '../../../docs/streamed-token.svg') },
  },
});

const CONTEXT_TOKENS = 256;
const PROMPT_TOKENS = 16;
const NEW_TOKENS = 32;
/** The token of the picture: the first tokens fill the cache. */
const SHOWN_PASS = 6;
/** The streamed model has this share of its weights in memory. */
const STREAMED_SHARE = 0.4;

const folder = flags.models ?? (await mkdtemp(join(tmpdir(), 'rondo-profile-')));
try {
  const { path, bytes, vocabularySize } = await benchModel(folder, {
    shape: 'tinyllama-1.1b',
    dtype: 'Q4_0',
  });
  const prompt = promptIds(PROMPT_TOKENS, vocabularySize);
  const rows: string[][] = [];
  for (const share of [1, STREAMED_SHARE]) {
    const memory = Math.round(1.25 * 2 ** 28 + share * bytes);
    const ratios: number[] = [];
    const without: number[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      const plainMs = await tokenMs(path, memory, prompt, false);
      const profiledMs = await tokenMs(path, memory, prompt, true);
      without.push(plainMs);
      ratios.push(profiledMs / plainMs);
    }
    rows.push([
      share === 1 ? '1.1B Q4_0, resident' : `1.1B Q4_0, ${STREAMED_SHARE * 100} % of its weights in memory`,
      median(without).toFixed(1),
      median(ratios).toFixed(3),
    ]);
  }
  const text = [
    '# What a profile costs',
    `${inALine(await describeMachine())}. 2 threads, ${flags.rounds} rounds in turns, medians of ${NEW_TOKENS} tokens each.`,
    table(['model', 'ms a token without', 'time with a profile'], rows),
  ].join('\n\n');
  await writeFile(join(flags.out, 'profile.md'), `${text}\n`);
  console.log(text);
  await writeFile(flags.picture, pictureOf(await streamedToken(path, bytes, prompt)));
} finally {
  if (flags.models === undefined) await rm(folder, { recursive: true });
}

/** The median of the milliseconds between two tokens. */
async function tokenMs(
  path: string,
  memory: number,
  prompt: readonly number[],
  profiled: boolean,
): Promise<number> {
  const source = await file(path, { direct: true });
  try {
    await using model = await loadModel(source, {
      backend: cpu({ threads: 2, profile: profiled }),
      context: CONTEXT_TOKENS,
      memory,
      profile: profiled ? createProfile() : undefined,
    });
    const summary = await generated(model, prompt, NEW_TOKENS);
    return median(summary.timings.tokenMs);
  } finally {
    await source.close();
  }
}

/** The events of one token of a streamed model. */
async function streamedToken(
  path: string,
  bytes: number,
  prompt: readonly number[],
): Promise<readonly ProfileEvent[]> {
  const source = await file(path, { direct: true });
  const events: ProfileEvent[] = [];
  try {
    await using model = await loadModel(source, {
      backend: cpu({ threads: 2, profile: true }),
      context: CONTEXT_TOKENS,
      memory: Math.round(2 ** 28 + STREAMED_SHARE * bytes),
      profile: { record: (event) => events.push(event) },
    });
    await generated(model, prompt, SHOWN_PASS + 2);
  } finally {
    await source.close();
  }
  const pass = events.filter(({ track }) => track === 'pass')[SHOWN_PASS];
  if (!pass) throw new Error('The run had too few passes.');
  return events.filter(({ startMs, endMs }) => endMs > pass.startMs && startMs < pass.endMs);
}

async function generated(model: Model, prompt: readonly number[], maxTokens: number) {
  for await (const { summary } of model.generate(prompt, { maxTokens, temperature: 0 }))
    if (summary) return summary;
  throw new Error('The generation has no end.');
}
