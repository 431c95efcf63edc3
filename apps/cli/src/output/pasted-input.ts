// A terminal's input in which a pasted text of several lines is one line: its line breaks are replaced by a sign until
// the code that reads the line restores them.
import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Io } from '../io.ts';

// A terminal in the mode of bracketed paste sends the pasted text between these two markers.
// https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode
const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';

/** Turns bracketed paste on and off. */
export const bracketedPaste = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const;

// The sign for a line break: U+2424 and an invisible separator, which nobody types. U+2424 alone stays unchanged.
const lineBreakSign = '\u2424\u2063';

const lineBreak = /\r\n|\r|\n/g;

/** The text of a line with its pasted line breaks. */
export const withLineBreaks = (line: string): string => line.replaceAll(lineBreakSign, '\n');

/**
 * How many characters at the end of a text could be the beginning of a marker of a paste. Outside a paste, a single escape
 * character does not count, because the Escape key sends that character.
 */
function openMarker(text: string, isPasting: boolean): number {
  const least = isPasting ? 1 : 2;
  for (let length = Math.min(text.length, pasteStart.length - 1); length >= least; length--) {
    const end = text.slice(-length);
    if (pasteStart.startsWith(end) || pasteEnd.startsWith(end)) return length;
  }
  return 0;
}

/**
 * The input with pasted line breaks as signs. A terminal without bracketed paste sends several pasted lines as one chunk. Line
 * breaks inside a chunk then count as pasted; a line break at the end of a chunk is the Enter key.
 */
export function pastedInput(terminal: Io['stdin']): Transform {
  const decoder = new StringDecoder('utf8');
  let isPasting = false;
  let held = '';

  function typed(text: string): string {
    const atEnd = /(?:\r\n|\r|\n)$/.exec(text)?.[0] ?? '';
    return text.slice(0, text.length - atEnd.length).replaceAll(lineBreak, lineBreakSign) + atEnd;
  }

  function read(text: string): string {
    let rest = text;
    let result = '';
    for (;;) {
      const marker = isPasting ? pasteEnd : pasteStart;
      const at = rest.indexOf(marker);
      const part = at < 0 ? rest : rest.slice(0, at);
      result += isPasting ? part.replaceAll(lineBreak, lineBreakSign) : typed(part);
      if (at < 0) return result;
      isPasting = !isPasting;
      rest = rest.slice(at + marker.length);
    }
  }

  const stream = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      const text = held + decoder.write(Buffer.from(chunk));
      const open = openMarker(text, isPasting);
      held = text.slice(text.length - open);
      done(null, read(text.slice(0, text.length - open)));
    },
    flush(done) {
      done(null, read(held + decoder.end()));
    },
  });
  // Line editing turns the raw mode of its input on and off.
  const { setRawMode } = terminal as { setRawMode?: (on: boolean) => unknown };
  if (setRawMode !== undefined) {
    Object.assign(stream, { setRawMode: (on: boolean) => setRawMode.call(terminal, on) });
  }
  terminal.pipe(stream);
  stream.once('close', () => terminal.unpipe(stream));
  return stream;
}
