// Makes text safe to show. Names and values of a file, and the text of a model, may contain escape sequences.
import { escapeInvisible } from '@rondo/errors';

/** `text` with every control character but line feed and tab replaced by U+FFFD, so that it cannot control a terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The text to write to `stream` for `text`: unchanged, except on a terminal. */
export function shown(text: string, stream: { readonly isTTY?: boolean | undefined }): string {
  return stream.isTTY ? printable(text) : text;
}

/** A text out of a file on one line: invisible characters, including line feeds, are shown as escapes. */
export function oneLine(text: string): string {
  return `${escapeInvisible(text)}\n`;
}

/** A value as a line of JSON that is also safe to show. */
export function jsonLine(value: unknown): string {
  return oneLine(JSON.stringify(value));
}
