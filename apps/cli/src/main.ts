#!/usr/bin/env node
// The program `rondo`: connects the streams and signals of the process, and does nothing else.
import { constants } from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { run } from './program.ts';

// By default V8 lets garbage grow to a multiple of the live objects: 300 MB beside a mixture of 10,000 experts.
setFlagsFromString('--heap-growing-percent=30');

const cutShort = new AbortController();
let outputClosed = false;
let endedBy: NodeJS.Signals | undefined;

// Each signal is handled once. If that is not enough, a second signal ends the process as usual.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endedBy ??= signal;
    cutShort.abort();
  });
}
// A reader may stop reading (`rondo … | head`). That is no error; the work ends.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // After SIGHUP, a closed terminal gives EIO.
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
