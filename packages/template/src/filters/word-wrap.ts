// Wraps lines at a number of characters, as Python's `textwrap.wrap` does without expanding or replacing white space.

import { isSpace } from '../characters.ts';

/** A word or white space; its first characters may have been written already. */
interface Chunk {
  readonly characters: readonly string[];
  from: number;
}

const lengthOf = ({ characters, from }: Chunk): number => characters.length - from;
const textOf = ({ characters, from }: Chunk): string => characters.slice(from).join('');
const isBlank = ({ characters, from }: Chunk): boolean =>
  characters.slice(from).every((character) => isSpace(character.charCodeAt(0)));

// As `wordsep_simple_re` of Python's textwrap.
const words = /[\t\n\v\f\r ]+|[^\t\n\v\f\r ]+/g;

/** As `wordsep_re` of Python's textwrap: words, cut behind a hyphen between letters and at dashes between words. */
const wordParts = (() => {
  const space = String.raw`[\t\n\v\f\r ]`;
  const word = String.raw`[\p{L}\p{N}_]`;
  const letter = String.raw`[\p{L}\p{Nl}\p{No}_]`;
  const wordOrMark = String.raw`[\p{L}\p{N}_!"'&.,?]`;
  const dash = `(?<=${wordOrMark})-{2,}(?=${word})`;
  const behindHyphen = `-(?:(?<=${letter}{2}-)|(?<=${letter}-${wordOrMark}-))(?=${letter}-?${letter})`;
  const end = `(?=${space}|$)|(?<=${wordOrMark})(?=-{2,}${word})`;
  return new RegExp(`${space}+|${dash}|[^\\t\\n\\v\\f\\r ]+?(?:${behindHyphen}|${end})`, 'gu');
})();

function chunksOf(line: string, breaksHyphens: boolean): Chunk[] {
  const parts = line.match(breaksHyphens ? wordParts : words) ?? [];
  return parts.map((part) => ({ characters: [...part], from: 0 }));
}

/** How much of a word that is too long for a line fits into the remaining room. */
function cutOf({ characters, from }: Chunk, room: number, breaksHyphens: boolean): number {
  if (!breaksHyphens) return room;
  const start = characters.slice(from, from + room);
  const hyphen = start.lastIndexOf('-');
  return hyphen > 0 && start.slice(0, hyphen).some((each) => each !== '-') ? hyphen + 1 : room;
}

/** The lines of one line of text. */
export function wrapLines(
  line: string,
  width: number,
  breaksWords: boolean,
  breaksHyphens: boolean,
): string[] {
  const chunks = chunksOf(line, breaksHyphens);
  const lines: string[] = [];
  let at = 0;
  while (at < chunks.length) {
    const current: Chunk[] = [];
    let room = width;
    if (lines.length > 0 && isBlank(chunks[at])) at++;
    for (; at < chunks.length && lengthOf(chunks[at]) <= room; at++) {
      room -= lengthOf(chunks[at]);
      current.push(chunks[at]);
    }
    const next = chunks[at];
    if (next !== undefined && lengthOf(next) > width) {
      if (breaksWords) {
        // Without room, the part is empty. Python takes the empty part for the blank at the end, and keeps the blank before.
        const cut = next.from + cutOf(next, room, breaksHyphens);
        current.push({ characters: next.characters.slice(next.from, cut), from: 0 });
        next.from = cut;
      } else if (current.length === 0) {
        current.push(next);
        at++;
      }
    }
    const last = current.at(-1);
    if (last !== undefined && isBlank(last)) current.pop();
    if (current.length > 0) lines.push(current.map(textOf).join(''));
  }
  return lines;
}
