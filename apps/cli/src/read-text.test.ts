// Texts from named pipes: waited for, and given up when the signal is aborted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readlink } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { lacks } from '@rondo/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readText } from './read-text.ts';
import { rondoHere } from './test-support/rondo.ts';

/** A pipe with a name, as the system gives every open file, which processes hold open at both ends. */
async function openPipe() {
  const stay = 'setInterval(() => {}, 1000)';
  const command = `"$0" -e '${stay}' | "$0" -e 'console.error(process.pid); ${stay}'`;
  const shell = spawn('sh', ['-c', command, process.execPath], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [printed] = (await once(shell.stderr, 'data')) as [Buffer];
  return {
    path: `/proc/${Number(printed.toString())}/fd/0`,
    /** Ends the processes that hold the pipe. */
    async end() {
      const ended = once(shell, 'exit');
      if (shell.exitCode === null && shell.signalCode === null) {
        process.kill(-(shell.pid ?? 0), 'SIGKILL');
        await ended;
      }
    },
  };
}

/** The number of ends of the pipe that this process has open. */
async function endsOpenHere(path: string): Promise<number> {
  const pipe = await readlink(path);
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target === pipe).length;
}

describe.skipIf(lacks(process.platform === 'linux', 'needs names of open pipes, which Linux gives'))(
  'a named pipe as a text',
  () => {
    let pipe: Awaited<ReturnType<typeof openPipe>>;
    beforeEach(async () => {
      pipe = await openPipe();
    });
    afterEach(() => pipe.end());

    const ioWith = (signal: AbortSignal) => ({
      stdin: Readable.from([]),
      stdout: new Writable(),
      stderr: new Writable(),
      signal,
    });

    it('a text from a named pipe is waited for, and read in pieces to its end', async () => {
      const reading = readText(pipe.path, ioWith(new AbortController().signal));
      const writer = await open(pipe.path, 'w');
      await vi.waitUntil(async () => (await endsOpenHere(pipe.path)) === 2, {
        timeout: 300_000,
        interval: 1,
      });
      await writer.write('RO');
      await writer.write('MEO: é');
      await writer.close();
      await pipe.end();
      expect(await reading).toBe('ROMEO: é');
    });

    it('reading a named pipe without a writer is given up with the reason of the signal', async () => {
      const controller = new AbortController();
      const reading = readText(pipe.path, ioWith(controller.signal));
      const reason = new Error('enough');
      setImmediate(() => controller.abort(reason));
      await expect(reading).rejects.toBe(reason);
    });

    it('a named pipe without a writer does not keep a command from ending', async () => {
      const controller = new AbortController();
      const running = rondoHere(['tokenize', 'demo', '--file', pipe.path], { signal: controller.signal });
      setImmediate(() => controller.abort());
      expect(await running).toMatchObject({ code: 130, stdout: '' });
    });
  },
);
