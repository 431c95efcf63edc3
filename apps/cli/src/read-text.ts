// Reads texts from a file or from stdin.
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { reasonOf, RondoError } from '@rondo/errors';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** All of stdin, unchanged. */
export function readStdin({ stdin, signal }: Io): Promise<string> {
  return text(addAbortSignal(signal, stdin));
}

/** The text of a file; `-` is stdin. @throws RondoError `READ_FAILED` */
export async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return readStdin(io);
  return readFileText(path, io.signal).catch((cause: unknown) => {
    io.signal.throwIfAborted();
    const reason = reasonOf(cause);
    throw new RondoError('READ_FAILED', `The text could not be read: ${reason}.`, {
      details: { path },
      cause,
    });
  });
}

/**
 * The text of the file that `option` names, which cannot be stdin.
 *
 * @param stdinHas what stdin is for
 * @throws UsageError for `-`; RondoError `READ_FAILED`
 */
export async function readNamedFile(option: string, path: string, stdinHas: string, io: Io): Promise<string> {
  if (path === '-') throw new UsageError(`${option} cannot be stdin, which has ${stdinHas}. Give a file.`);
  return readText(path, io);
}

/** The value in the JSON file that `option` names. @throws as `readNamedFile`; UsageError for a file that is no JSON */
export async function readNamedJson(
  option: string,
  path: string,
  stdinHas: string,
  io: Io,
): Promise<unknown> {
  const json = await readNamedFile(option, path, stdinHas, io);
  try {
    return JSON.parse(json.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    throw new UsageError(`${option}: ${path} is no JSON: ${reasonOf(cause)}`, { cause });
  }
}

async function readFileText(path: string, signal: AbortSignal): Promise<string> {
  if (!(await stat(path)).isFIFO()) return readFile(path, { encoding: 'utf8', signal });
  // Without O_NONBLOCK, opening a named pipe waits for its writer in a thread. No signal ends that thread, and it keeps the
  // process from ending. The socket waits without a thread, and closes the pipe on abort.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return text(addAbortSignal(signal, new Socket({ fd, readable: true, writable: false })));
}
