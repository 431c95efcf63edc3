// A peer in a separate process, so that engines share neither threads nor heap.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Peer, PeerOptions, PeerRequest, Timing } from './peer.ts';

type Answer = { readonly timing: Timing } | { readonly error: string };

/** Engines that run in Node. */
export type Engine = 'rondo' | 'llama.cpp';

/** Starts a process and waits until its model is loaded. */
export async function openInProcess(engine: Engine, path: string, options: PeerOptions): Promise<Peer> {
  const child = fork(
    fileURLToPath(new URL('process-worker.ts', import.meta.url)),
    [engine, path, String(options.threads), String(options.context)],
    { execArgv: ['--conditions=rondo-source'] },
  );
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => {
    throw new Error(`The process with ${engine} ended with ${String(code)}.`);
  });
  failed.catch(() => {});
  await Promise.race([once(child, 'message'), failed]);

  async function ask(request: PeerRequest): Promise<Timing> {
    const answered = once(child, 'message');
    child.send(request);
    const [answer] = (await Promise.race([answered, failed])) as [Answer];
    if ('error' in answer) throw new Error(`${engine}: ${answer.error}`);
    return answer.timing;
  }

  return {
    prefill: (prompt) => ask({ method: 'prefill', prompt }),
    decode: (prompt, tokens) => ask({ method: 'decode', prompt, tokens }),
    async close() {
      child.disconnect();
      await exited;
    },
  };
}
