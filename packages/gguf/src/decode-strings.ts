// Decodes the strings of a vocabulary. One call of TextDecoder for each of 128,000 tokens takes most of a header's time.
// One call for all strings, whose result is cut, takes a third of that time.

/** GGUF strings are UTF-8. `ignoreBOM` keeps U+FEFF, which may be a token. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The most bytes of strings that are decoded together; no vocabulary has as many. Decoding together needs, for a moment, a
 * copy of all bytes and one long string.
 */
const mostBytesTogether = 2 ** 25;

/** The string in `bytes`; invalid UTF-8 becomes U+FFFD. */
export function decodeString(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Decodes strings, each with its length in bytes in front, as u64.
 *
 * @param bytes exactly `count` such strings, each shorter than 2^32 bytes
 */
export function decodeStrings(bytes: Uint8Array, count: number): string[] {
  const together = bytes.length <= mostBytesTogether ? decodeTogether(bytes, count) : undefined;
  return together ?? decodeOneByOne(bytes, count);
}

/** Undefined if a string alone is not valid UTF-8: its bytes could combine with the bytes of the neighbouring strings. */
function decodeTogether(bytes: Uint8Array, count: number): string[] | undefined {
  const view = viewOf(bytes);
  const joined = new Uint8Array(bytes.length - count * 8);
  const ends = new Uint32Array(count);
  let units = 0;
  let filled = 0;
  for (let i = 0, start = 0; i < count; i++) {
    const textStart = start + 8;
    const end = textStart + view.getUint32(start, true);
    if (end > textStart && isContinuation(bytes[textStart])) return undefined;
    for (let at = textStart; at < end; at++) {
      const byte = bytes[at];
      joined[filled++] = byte;
      // A code point is one UTF-16 unit, or two units if UTF-8 takes four bytes.
      if (!isContinuation(byte)) units += byte >= 0xf0 ? 2 : 1;
    }
    ends[i] = units;
    start = end;
  }
  const text = decoder.decode(joined);
  if (text.length !== units || text.includes('\ufffd')) return undefined;
  const strings: string[] = [];
  for (let i = 0, start = 0; i < count; i++) {
    strings.push(text.slice(start, ends[i]));
    start = ends[i];
  }
  return strings;
}

function decodeOneByOne(bytes: Uint8Array, count: number): string[] {
  const view = viewOf(bytes);
  const strings: string[] = [];
  for (let i = 0, start = 0; i < count; i++) {
    const end = start + 8 + view.getUint32(start, true);
    strings.push(decodeString(bytes.subarray(start + 8, end)));
    start = end;
  }
  return strings;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
