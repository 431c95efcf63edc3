// Text that is safe to show. Names and values of a file, and what a model writes, may hold escape sequences.
import { escapeInvisible } from '@rondo/errors';

/** `text` with every control character but line feed and tab replaced by U+FFFD, so that it cannot steer a terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** What to write to `stream` for `text`: as it is, except on a terminal. */
export function shown(text: string, stream: { readonly isTTY?: boolean | undefined }): string {
  return stream.isTTY ? printable(text) : text;
}

/** A line with text out of a file: what cannot be seen, line feeds included, is shown as an escape. */
export function oneLine(text: string): string {
  return `${escapeInvisible(text)}\n`;
}

/** A value as a line of JSON that is safe to show, too. */
export function jsonLine(value: unknown): string {
  return oneLine(JSON.stringify(value));
}
