#!/usr/bin/env node
// The program `rondo`: the process's streams and signals, and nothing else.
import process from 'node:process';
import { run } from './program.ts';

const cutShort = new AbortController();
let outputClosed = false;

// Once: a second Ctrl-C, should the first not be enough, ends the process as usual.
process.once('SIGINT', () => cutShort.abort());
// Whoever reads may have had enough (`rondo … | head`): that is no error, and the work is over.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    outputClosed = true;
    cutShort.abort();
  });
}

const { stdin, stdout, stderr } = process;
const exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, signal: cutShort.signal });
process.exitCode = outputClosed ? 0 : exitCode;
