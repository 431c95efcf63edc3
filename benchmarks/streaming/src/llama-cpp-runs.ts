// llama.cpp under the same limit as Rondo, as long as the limit does not kill it: being killed is a result.
import { median } from '@rondo/bench-shared';
import { isRondoError, type RondoError } from '@rondo/errors';
import { openLimited, type Bench } from './bench.ts';
import type { EngineProcess } from './engine-process.ts';
import type { EngineOptions, Run, RunRequest } from './engine.ts';
import { dropFromPageCache } from './page-cache.ts';

/** llama.cpp, running or killed. */
export interface LlamaCppRuns extends AsyncDisposable {
  run(request: RunRequest, counts: boolean): Promise<void>;
  /** The median; undefined if it was killed. */
  msPerToken(): number | undefined;
  /** The result for people. */
  figures(): string;
}

/** Opens it. */
export async function openLlamaCppRuns(
  bench: Bench,
  options: Omit<EngineOptions, 'threads'>,
  memoryBytes: number,
): Promise<LlamaCppRuns> {
  await dropFromPageCache(options.path);
  /** How the limit ended it. */
  let killed: string | undefined;
  const runs: Run[] = [];

  async function unlessKilled<Result>(
    when: string,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isKilled(error)) throw error;
      killed = `${error.message.replace(/\.$/, '')}${when}`;
      return undefined;
    }
  }

  const process: EngineProcess | undefined = await unlessKilled('', () =>
    openLimited(bench, 'llama.cpp', options, memoryBytes),
  );
  const ms = () => median(runs.map(({ decodeMs, tokens }) => decodeMs / tokens));
  return {
    async run(request, counts) {
      if (!process || killed !== undefined) return;
      const run = await unlessKilled(', while it ran', () => process.run(request));
      if (run && counts) runs.push(run);
    },
    msPerToken: () => (killed === undefined ? ms() : undefined),
    figures() {
      if (killed !== undefined) return killed;
      const gigabytes = median(runs.map(({ bytesRead, tokens }) => bytesRead / tokens)) / 1e9;
      const unlimited = bench.limits ? '' : ', with the whole page cache';
      return `llama.cpp ${ms().toFixed(0)} ms a token${unlimited}, reading ${gigabytes.toFixed(2)} GB`;
    },
    async [Symbol.asyncDispose]() {
      await process?.[Symbol.asyncDispose]();
    },
  };
}

/** Whether an engine was killed by its limit. */
function isKilled(error: unknown): error is RondoError {
  return isRondoError(error) && error.code === 'OUT_OF_MEMORY';
}
