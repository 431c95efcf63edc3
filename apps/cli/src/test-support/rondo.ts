// Runs the command line in tests: as a separate process from source, or in this process.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { run } from '../program.ts';

/** The result of a run. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Starts a process. */
export function start(...args: string[]): ChildProcessByStdio<Writable, Readable, Readable> {
  return startWith(process.env, ...args);
}

function startWith(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, ['--conditions=rondo-source', main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env,
  });
}

/** Runs a process to its end, with `input` as its stdin. */
export async function rondo(args: readonly string[], input = '', env = process.env): Promise<Outcome> {
  const child = startWith(env, ...args);
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** As `rondo`, but within this process. */
export async function rondoHere(
  args: readonly string[],
  { input = '', signal = new AbortController().signal }: { input?: string; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  const code = await run(args, { stdin: Readable.from([input]), stdout, stderr, signal });
  stdout.end();
  stderr.end();
  const [out, err] = await written;
  return { code, stdout: out, stderr: err };
}
