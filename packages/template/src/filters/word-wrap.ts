// Lines of at most some characters, as `textwrap.wrap` of Python makes them without expanding or replacing white space.

/** A word or white space, of which the first characters may be written already. */
interface Chunk {
  readonly characters: readonly string[];
  from: number;
}

const lengthOf = ({ characters, from }: Chunk): number => characters.length - from;
const textOf = ({ characters, from }: Chunk): string => characters.slice(from).join('');
const isBlank = (value: string): boolean => value.trim() === '';

/** Words, white space, and hyphenated words cut after their hyphens. */
function chunksOf(line: string, breaksHyphens: boolean): Chunk[] {
  const words = line.match(/[\t\n\v\f\r ]+|[^\t\n\v\f\r ]+/g) ?? [];
  // A hyphen breaks a word between letters: `well-known`, but neither `-x` nor `a--b`.
  const between = /(?<=[\p{L}\p{N}_]-)(?=[\p{L}_][\p{L}_-])/u;
  const parts = breaksHyphens ? words.flatMap((word) => word.split(between)) : words;
  return parts.map((part) => ({ characters: [...part], from: 0 }));
}

/** How much of a word that is too long for a line goes into the room that is left. */
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
    const current: string[] = [];
    let room = width;
    if (lines.length > 0 && isBlank(chunks[at].characters[chunks[at].from] ?? '')) at++;
    for (; at < chunks.length && lengthOf(chunks[at]) <= room; at++) {
      room -= lengthOf(chunks[at]);
      current.push(textOf(chunks[at]));
    }
    const next = chunks[at];
    if (next !== undefined && lengthOf(next) > width) {
      if (breaksWords && room > 0) {
        const cut = cutOf(next, room, breaksHyphens);
        current.push(next.characters.slice(next.from, next.from + cut).join(''));
        next.from += cut;
      } else if (current.length === 0) {
        current.push(textOf(next));
        at++;
      }
    }
    if (isBlank(current.at(-1) ?? '')) current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}
