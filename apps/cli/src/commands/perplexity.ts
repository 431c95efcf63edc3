// `rondo perplexity`: how well a model predicts a text.
import { perplexity } from '@rondo/model';
import type { Io } from '../io.ts';
import { openModel } from '../open-model.ts';
import type { perplexityOptions, ValuesOf } from '../options.ts';
import { count } from '../output/numbers.ts';
import { createProgress } from '../output/progress.ts';
import { readText } from '../read-text.ts';

/** @throws UsageError, RondoError, the signal's reason */
export async function measurePerplexity(
  name: string,
  options: ValuesOf<typeof perplexityOptions>,
  io: Io,
): Promise<void> {
  const text = await readText(options.file, io);
  await using opened = await openModel(name, options, io);
  const { model } = opened;
  const progress = createProgress(io.stderr);
  try {
    const result = await perplexity(model, text, {
      windowTokens: options.context,
      signal: io.signal,
      onWindow: (done, of, soFar) =>
        progress.show(`Window ${count(done)} of ${count(of)}: perplexity ${soFar.toFixed(4)}`),
    });
    progress.clear();
    io.stdout.write(
      options.json
        ? `${JSON.stringify(result)}\n`
        : `perplexity ${result.perplexity.toFixed(4)} over ${count(result.tokens)} tokens\n`,
    );
  } finally {
    progress.clear();
  }
}
