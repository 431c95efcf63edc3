// Lines of at most some characters, as `textwrap.wrap` of Python makes them without expanding or replacing white space.

/** Words, white space, and hyphenated words cut after their hyphens. */
function chunksOf(line: string, breaksHyphens: boolean): string[] {
  const chunks = line.match(/[\t\n\v\f\r ]+|[^\t\n\v\f\r ]+/g) ?? [];
  if (!breaksHyphens) return chunks;
  // A hyphen breaks a word between letters: `well-known`, but neither `-x` nor `a--b`.
  return chunks.flatMap((chunk) => chunk.split(/(?<=[\p{L}\p{N}_]-)(?=[\p{L}_][\p{L}_-])/u));
}

/** The lines of one line of text. */
export function wrapLines(line: string, width: number, breaksWords: boolean, breaksHyphens: boolean): string[] {
  const chunks = chunksOf(line, breaksHyphens).reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if ((chunks.at(-1) ?? '').trim() === '' && lines.length > 0) chunks.pop();
    while (chunks.length > 0) {
      const size = [...(chunks.at(-1) ?? '')].length;
      if (length + size > width) break;
      current.push(chunks.pop() ?? '');
      length += size;
    }
    const next = chunks.at(-1);
    if (next !== undefined && [...next].length > width) {
      const room = width - length;
      if (breaksWords && room > 0) {
        const characters = [...next];
        const hyphen = breaksHyphens ? characters.slice(0, room).lastIndexOf('-') : -1;
        const cut = hyphen > 0 && characters.slice(0, hyphen).some((each) => each !== '-') ? hyphen + 1 : room;
        current.push(characters.slice(0, cut).join(''));
        chunks[chunks.length - 1] = characters.slice(cut).join('');
      } else if (current.length === 0) current.push(chunks.pop() ?? '');
    }
    if ((current.at(-1) ?? '').trim() === '') current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}
