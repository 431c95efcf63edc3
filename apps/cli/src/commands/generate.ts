// `rondo generate`: continues a text, and reports the time and memory it took.
import type { GenerationSummary, TokenLogprob, TokenLogprobs } from '@rondo/model';
import { styleText } from 'node:util';
import { createExpertRecorder } from '../expert-recorder.ts';
import type { Io } from '../io.ts';
import { generateOptionsOf } from '../open-model.ts';
import { openSpeculating } from '../open-speculating.ts';
import type { generateOptions, ValuesOf } from '../options.ts';
import { createProfileRecorder } from '../profile-recorder.ts';
import { count } from '../output/numbers.ts';
import { jsonLine, shown } from '../output/printable.ts';
import { createProgress } from '../output/progress.ts';
import { peakRssBytes, reportOf, statisticsLine, type RunFacts } from '../output/statistics.ts';
import { readGrammar } from '../read-grammar.ts';
import { readPrompt } from '../read-prompt.ts';
import { UsageError } from '../usage-error.ts';

/** @throws UsageError, RondoError, the signal's reason */
export async function generate(
  name: string,
  options: ValuesOf<typeof generateOptions>,
  io: Io,
): Promise<void> {
  const { stdout, stderr, signal } = io;
  const { traceExperts, profile: profilePath, logprobs } = options;
  if (logprobs !== undefined && !options.json)
    throw new UsageError('--logprobs goes into the JSON object; give --json, too.');
  const prompt = await readPrompt(options, io);
  const grammar = await readGrammar(options, io);
  const recorder = traceExperts === undefined ? undefined : await createExpertRecorder(traceExperts);
  const profiling = profilePath === undefined ? undefined : await createProfileRecorder(profilePath);
  const extras = { onExperts: recorder?.onExperts, profile: profiling?.profile };
  await using opened = await openSpeculating(name, options, io, extras);
  const { model, loadMs, speculate } = opened;
  recorder?.begin(model, name);
  const progress = createProgress(stderr);
  let text = '';
  const likely: TokenLogprobs[] = [];
  let summary: GenerationSummary | undefined;
  try {
    const parts = model.generate(prompt, {
      ...generateOptionsOf(options),
      ...grammar,
      logprobs,
      speculate,
      signal,
      onPrefill: (read, of) => progress.show(`Reading the prompt: ${count(read)} of ${count(of)} tokens`),
    });
    for await (const part of parts) {
      progress.clear();
      text += part.text;
      if (part.logprobs) likely.push(part.logprobs);
      if (!options.json) stdout.write(shown(part.text, stdout));
      summary = part.summary;
    }
  } finally {
    progress.clear();
    // Also after an abort: the shell's prompt should not stand beside the text.
    if (!options.json && text !== '' && !text.endsWith('\n')) stdout.write('\n');
  }
  await recorder?.finish(signal);
  const profileLines = (await profiling?.finish(signal)) ?? [];
  if (!summary) throw new TypeError('The generation ended without a summary.');
  const { budget, streams } = model;
  const facts: RunFacts = {
    summary,
    stats: model.stats(),
    budget,
    streams,
    loadMs,
    peakRssBytes: peakRssBytes(),
  };
  if (options.json) {
    const { promptTokenIds, tokenIds } = summary;
    const probabilities = logprobs === undefined ? {} : { logprobs: likely.map(shownLogprobs) };
    stdout.write(jsonLine({ text, promptTokenIds, tokenIds, ...probabilities, ...reportOf(facts) }));
  } else {
    stderr.write(`${styleText('dim', statisticsLine(facts), { stream: stderr })}\n`);
  }
  for (const line of profileLines) stderr.write(`${line}\n`);
}

/** Log probabilities as JSON: bytes as numbers. JSON has no infinite numbers, so the log probability of a forbidden token is null. */
function shownLogprobs({ top, ...chosen }: TokenLogprobs) {
  const shownOne = ({ bytes, ...one }: TokenLogprob) => ({ ...one, bytes: [...bytes] });
  return { ...shownOne(chosen), top: top.map(shownOne) };
}
