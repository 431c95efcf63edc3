// `rondo tokenize`: the tokens of a text. Reads the vocabulary and no weights.
import { createTokenizer, type Tokenizer } from '@rondo/tokenizer';
import type { Io } from '../io.ts';
import { openHeader } from '../open-header.ts';
import type { tokenizeOptions, ValuesOf } from '../options.ts';
import { counted } from '../output/numbers.ts';
import { jsonLine, oneLine } from '../output/printable.ts';
import { showWarnings } from '../output/warnings.ts';
import { writeAndWait } from '../output/write-and-wait.ts';
import { readText } from '../read-text.ts';
import { UsageError } from '../usage-error.ts';
import { vocabularyOf } from '@rondo/model';

/** Tokens that are written in one step; this takes a few milliseconds. */
const LINES_AT_ONCE = 4096;

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
  const encoded = await tokenizer.encodeInSteps(given, {
    ...(bos ? {} : { addBos: false }),
    signal: io.signal,
  });
  const tokenIds = Array.from(encoded);
  if (json) {
    io.stdout.write(jsonLine({ tokenIds }));
    return;
  }
  const width = String(tokenIds.reduce((most, id) => Math.max(most, id), 0)).length;
  for (let first = 0; first < tokenIds.length; first += LINES_AT_ONCE) {
    const lines = tokenIds
      .slice(first, first + LINES_AT_ONCE)
      .map((id) => `${String(id).padStart(width)}  ${piece(tokenizer, id)}`);
    await writeAndWait(io.stdout, lines.join(''));
    io.signal.throwIfAborted();
  }
  io.stderr.write(`${counted(tokenIds.length, 'token')}\n`);
}

/** The text of a token in quotes, on one line; for a token that is only part of a character, the vocabulary's spelling. */
function piece(tokenizer: Tokenizer, id: number): string {
  const text = tokenizer.decode([id], { special: true });
  return oneLine(text.includes('\ufffd') ? (tokenizer.tokenText(id) ?? '') : JSON.stringify(text));
}
