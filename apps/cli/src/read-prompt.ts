// What `rondo generate` continues: a prompt, or the two texts beside a gap.
import type { FillIn } from '@rondo/model';
import type { Io } from './io.ts';
import type { PromptValues } from './options.ts';
import { readStdin, readText } from './read-text.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError for texts that are missing or given twice; RondoError `READ_FAILED`; the signal's reason */
export async function readPrompt(options: PromptValues, io: Io): Promise<string | FillIn> {
  const { prompt, prefix, prefixFile, suffix, suffixFile } = options;
  const given = Object.entries({ prefix, prefixFile, suffix, suffixFile }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length === 0) {
    if (prompt === undefined)
      throw new UsageError(
        "required option '-p, --prompt <text>' not specified; to fill in the middle of a text, give --prefix and --suffix.",
      );
    return prompt === '-' ? readStdin(io) : prompt;
  }
  if (prompt !== undefined)
    throw new UsageError('Give either --prompt, or --prefix and --suffix to fill in between.');
  checkOne('prefix', prefix, prefixFile);
  checkOne('suffix', suffix, suffixFile);
  if (given.filter(([, value]) => value === '-').length > 1)
    throw new UsageError('Only one of the texts can come from stdin.');
  const textOf = async (text: string | undefined, file: string | undefined) =>
    file === undefined ? (text === '-' ? readStdin(io) : (text ?? '')) : readText(file, io);
  return { prefix: await textOf(prefix, prefixFile), suffix: await textOf(suffix, suffixFile) };
}

function checkOne(name: string, text: string | undefined, file: string | undefined): void {
  if ((text === undefined) !== (file === undefined)) return;
  throw new UsageError(`Give either --${name} or --${name}-file.`);
}
