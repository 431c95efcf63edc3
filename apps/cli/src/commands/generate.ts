// `rondo generate`: continues a text, and reports the time and memory it took.
import type { GenerationSummary } from '@rondo/model';
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
import { readStdin } from '../read-text.ts';

/** @throws UsageError, RondoError, the signal's reason */
export async function generate(
  name: string,
  options: ValuesOf<typeof generateOptions>,
  io: Io,
): Promise<void> {
  const { stdout, stderr, signal } = io;
  const prompt = options.prompt === '-' ? await readStdin(io) : options.prompt;
  const { traceExperts, profile: profilePath } = options;
  const recorder = traceExperts === undefined ? undefined : await createExpertRecorder(traceExperts);
  const profiling = profilePath === undefined ? undefined : await createProfileRecorder(profilePath);
  const extras = { onExperts: recorder?.onExperts, profile: profiling?.profile };
  await using opened = await openSpeculating(name, options, io, extras);
  const { model, loadMs, speculate } = opened;
  recorder?.begin(model, name);
  const progress = createProgress(stderr);
  let text = '';
  let summary: GenerationSummary | undefined;
  try {
    const parts = model.generate(prompt, {
      ...generateOptionsOf(options),
      speculate,
      signal,
      onPrefill: (read, of) => progress.show(`Reading the prompt: ${count(read)} of ${count(of)} tokens`),
    });
    for await (const part of parts) {
      progress.clear();
      text += part.text;
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
    stdout.write(jsonLine({ text, promptTokenIds, tokenIds, ...reportOf(facts) }));
  } else {
    stderr.write(`${styleText('dim', statisticsLine(facts), { stream: stderr })}\n`);
  }
  for (const line of profileLines) stderr.write(`${line}\n`);
}
