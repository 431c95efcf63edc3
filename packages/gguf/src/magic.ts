// Checks by the first bytes whether a file is a GGUF file of a supported version. For another file, the error says what
// kind of file it seems to be.
import { RondoError } from '@rondo/errors';
import type { Cursor } from './header-reader.ts';

const magic = 'GGUF';

/** How many bytes `checkMagic` reads; fewer if the file is shorter. */
export const magicProbeBytes = 64;

/**
 * Checks the first bytes of a file.
 *
 * @param start the first 64 bytes, or all bytes of a shorter file
 * @throws RondoError `TRUNCATED` if the file ends within the first bytes of a GGUF file, `BAD_MAGIC` if the
 * file is of another kind
 */
export function checkMagic(start: Uint8Array): void {
  const text = textOf(start);
  if (text.startsWith(magic)) return;
  if (magic.startsWith(text)) {
    throw new RondoError(
      'TRUNCATED',
      `The file has only ${start.length} bytes, too few for a GGUF header. Download it again.`,
      { details: { size: start.length } },
    );
  }
  throw notGguf(start, appearance(text));
}

/**
 * Checks that a server did not send a text in place of a file: a web page, an error as JSON or XML, or a pointer. Other
 * files pass, because a piece of a model has no magic.
 *
 * @param start the first bytes
 * @throws RondoError `BAD_MAGIC`; `TRUNCATED` if there are no bytes
 */
export function checkIsNoText(start: Uint8Array): void {
  const text = textOf(start.subarray(0, magicProbeBytes));
  if (text === '') checkMagic(start);
  const looksLike = appearance(text);
  if (looksLike.isText) throw notGguf(start, looksLike);
}

function textOf(start: Uint8Array): string {
  return Array.from(start, (byte) => String.fromCharCode(byte)).join('');
}

function notGguf(start: Uint8Array, looksLike: Appearance): RondoError {
  return new RondoError('BAD_MAGIC', `This is not a GGUF file: ${looksLike.what}. ${looksLike.advice}`, {
    details: { looksLike: looksLike.what, start: Array.from(start.subarray(0, 8)) },
  });
}

/**
 * Reads the version, which follows the magic.
 *
 * @returns 2 or 3
 * @throws RondoError `UNSUPPORTED_VERSION`
 */
export function readVersion(cursor: Cursor): number {
  const version = cursor.u32('the version');
  if (version === 2 || version === 3) return version;
  const swapped =
    ((version & 0xff) << 24) | ((version & 0xff00) << 8) | ((version >>> 8) & 0xff00) | (version >>> 24);
  const hint =
    swapped >= 1 && swapped <= 0xff
      ? ` It is version ${swapped} with its bytes swapped: a big-endian file. Convert it to little-endian.`
      : version === 1
        ? ' Version 1 was replaced in 2023; convert the model again.'
        : ' Versions 2 and 3 are read here.';
  throw new RondoError('UNSUPPORTED_VERSION', `GGUF version ${version} is not supported.${hint}`, {
    details: { version, bigEndian: swapped >= 1 && swapped <= 0xff },
  });
}

/** The apparent kind of a file that is no GGUF file. */
interface Appearance {
  readonly what: string;
  readonly advice: string;
  /** Whether the file is a text, such as a web page, in place of the wanted file. */
  readonly isText?: boolean;
}

function appearance(text: string): Appearance {
  const download = 'Download the model file itself.';
  const convert = 'Convert it to GGUF.';
  const isText = true;
  const lower = text.replace('\u00ef\u00bb\u00bf', '').trimStart().toLowerCase();
  if (/^<(!doctype|html|head|body|\?xml|!--|error|script|meta|title)/.test(lower)) {
    return {
      what: 'it is a web page, probably an error or login page saved as the model',
      advice: download,
      isText,
    };
  }
  if (lower.startsWith('version https://git-lfs')) {
    return {
      what: 'it is a Git LFS pointer, a text that stands for the model',
      advice: 'Run `git lfs pull`.',
      isText,
    };
  }
  if (text.startsWith('FUGG'))
    return { what: 'its bytes are swapped', advice: 'Convert it to little-endian.' };
  if (/^(lmgg|fmgg|tjgg|algg|ggml|ggmf|ggjt|ggla)/.test(text)) {
    return {
      what: 'it is in a GGML format from before August 2023',
      advice: 'Convert the original model to GGUF.',
    };
  }
  if (text.startsWith('PK\u0003\u0004'))
    return { what: 'it is a ZIP archive or a PyTorch checkpoint', advice: convert };
  if (text.startsWith('\u001f\u008b')) return { what: 'it is compressed with gzip', advice: 'Unpack it.' };
  if (text.slice(8, 9) === '{') return { what: 'it looks like a safetensors file', advice: convert };
  if (lower.startsWith('{') || lower.startsWith('[')) return { what: 'it is JSON', advice: download, isText };
  return { what: 'it does not begin with "GGUF"', advice: 'Check that this is the right file.' };
}
