// `rondo tokenize`: the tokens of a text. Reads the vocabulary, not the weights.
import { createTokenizer, type Tokenizer } from '@rondo/tokenizer';
import type { Io } from '../io.ts';
import { openHeader } from '../open-header.ts';
import type { tokenizeOptions, ValuesOf } from '../options.ts';
import { counted } from '../output/numbers.ts';
import { jsonLine, oneLine } from '../output/printable.ts';
import { showWarnings } from '../output/warnings.ts';
import { readText } from '../read-text.ts';
import { UsageError } from '../usage-error.ts';
import { vocabularyOf } from '@rondo/model';

/** @throws UsageError, RondoError, the signal's reason */
export async function tokenize(
  name: string,
  options: ValuesOf<typeof tokenizeOptions>,
  io: Io,
): Promise<void> {
  const { text, file, bos, json } = options;
  if ((text === undefined) === (file === undefined)) throw new UsageError('give either --text or --file.');
  const tokenizer = createTokenizer(vocabularyOf(await openHeader(name, io)));
  showWarnings(tokenizer.warnings, io);
  const given = file === undefined ? (text ?? '') : await readText(file, io);
  const tokenIds = Array.from(tokenizer.encode(given, bos ? {} : { addBos: false }));
  if (json) {
    io.stdout.write(jsonLine({ tokenIds }));
    return;
  }
  const width = String(tokenIds.reduce((most, id) => Math.max(most, id), 0)).length;
  for (const id of tokenIds) io.stdout.write(`${String(id).padStart(width)}  ${piece(tokenizer, id)}`);
  io.stderr.write(`${counted(tokenIds.length, 'token')}\n`);
}

/** The text of a token in quotes, on a line; of one that is only part of a character, how the vocabulary spells it. */
function piece(tokenizer: Tokenizer, id: number): string {
  const text = tokenizer.decode([id], { special: true });
  return oneLine(text.includes('\ufffd') ? (tokenizer.tokenText(id) ?? '') : JSON.stringify(text));
}
