#!/usr/bin/env node
// The program `rondo`: the process's streams and signals, and nothing else.
import { constants } from 'node:os';
import process from 'node:process';
import { run } from './program.ts';

const cutShort = new AbortController();
let outputClosed = false;
let endedBy: NodeJS.Signals | undefined;

// Once each: a second one, should the first not be enough, ends the process as usual.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endedBy ??= signal;
    cutShort.abort();
  });
}
// Whoever reads may have had enough (`rondo … | head`): that is no error, and the work is over.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that was closed gives EIO, behind SIGHUP.
    if (error.code !== 'EPIPE' && endedBy !== 'SIGHUP') throw error;
    outputClosed = true;
    cutShort.abort();
  });
}

const { stdin, stdout, stderr } = process;
const exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, signal: cutShort.signal });
const wasCutShort = exitCode === 130 && endedBy !== undefined;
if (wasCutShort) process.exitCode = 128 + constants.signals[endedBy ?? 'SIGINT'];
else process.exitCode = outputClosed ? 0 : exitCode;
