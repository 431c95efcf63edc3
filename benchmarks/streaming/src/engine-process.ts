// An engine in a separate process, so that engines share neither threads nor heap, and each can have a memory limit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RondoError } from '@rondo/errors';
import type { EngineName, EngineOptions, Loaded, Message, Run, RunRequest } from './engine.ts';
import type { MemoryLimit } from './memory-limit.ts';

/**
 * Milliseconds after which a process that has not loaded its model is ended: it reads the same pages repeatedly, possibly
 * for hours.
 */
const LOADING_MS = 180_000;

/** A process with a model loaded. */
export interface EngineProcess extends AsyncDisposable {
  readonly loaded: Loaded;
  /** @throws RondoError `OUT_OF_MEMORY` if the limit killed it; an Error if the engine fails */
  run(request: RunRequest): Promise<Run>;
  /** Ends the process, if it is still running. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a process, within `limit` from its first instruction on, and waits until its model is loaded.
 *
 * @throws RondoError `OUT_OF_MEMORY` if the limit killed it, or kept it from loading within `loadingMs`; an Error if the
 * engine cannot open its model
 */
export async function openInProcess(
  engine: EngineName,
  options: EngineOptions,
  limit?: MemoryLimit,
  loadingMs = LOADING_MS,
): Promise<EngineProcess> {
  const worker = fileURLToPath(new URL('process-worker.ts', import.meta.url));
  const command = [process.execPath, '--conditions=rondo-source', worker, engine, JSON.stringify(options)];
  const [program = '', ...args] = limit?.commandWithin(command) ?? command;
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const failed = exited.then(async ([code, signal]) => {
    if (signal === 'SIGKILL' && limit && (await limit.kills()) > 0)
      throw new RondoError('OUT_OF_MEMORY', `${engine} was killed by its limit of ${limit.bytes} bytes.`, {
        details: { engine, limitBytes: limit.bytes },
      });
    throw new Error(`The process with ${engine} ended with ${String(code ?? signal)}.`);
  });
  failed.catch(() => {});

  async function nextMessage(): Promise<Message> {
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [Message];
    return message;
  }

  async function close(): Promise<void> {
    if (child.connected) child.disconnect();
    await exited;
  }

  const first = await inTime(loadingMs, nextMessage(), async () => {
    child.kill('SIGKILL');
    await exited;
    throw new RondoError(
      'OUT_OF_MEMORY',
      `${engine} had not loaded its model after ${loadingMs / 1000} seconds.`,
      { details: { engine, loadingMs } },
    );
  });
  if (!('loaded' in first)) {
    await close();
    throw new Error(`${engine}: ${'error' in first ? first.error : 'answered before it was asked'}`);
  }
  return {
    loaded: first.loaded,
    async run(request) {
      const answered = nextMessage();
      // A process that has ended has no channel; `answered` reports that better.
      child.send(request, () => {});
      const answer = await answered;
      if ('error' in answer) throw new Error(`${engine}: ${answer.error}`);
      if (!('run' in answer)) throw new Error(`${engine} was loaded twice.`);
      return answer.run;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The result of a promise, or `late` if it takes longer. */
async function inTime<Result>(
  ms: number,
  promise: Promise<Result>,
  late: () => Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  const timer = setTimeout(ms, undefined, { signal: done.signal });
  timer.catch(() => {});
  try {
    return await Promise.race([promise, timer.then(late)]);
  } finally {
    done.abort();
  }
}
