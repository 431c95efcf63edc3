// Texts that come from a file or from stdin.
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { RondoError } from '@rondo/errors';
import type { Io } from './io.ts';

/** All of stdin, as it is. */
export function readStdin({ stdin, signal }: Io): Promise<string> {
  return text(addAbortSignal(signal, stdin));
}

/** The text of a file; `-` is stdin. @throws RondoError `READ_FAILED` */
export async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return readStdin(io);
  return readFile(path, { encoding: 'utf8', signal: io.signal }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RondoError('READ_FAILED', `The text could not be read: ${reason}.`, {
      details: { path },
      cause,
    });
  });
}
