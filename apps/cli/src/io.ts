// The streams and the signal of a command, so that tests can run a command in their own process.
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal, as `process.stdin` and `process.stdout` are. */
export interface MaybeTerminal {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
}

/** The streams of a run, and the signal that ends it early. */
export interface Io {
  readonly stdin: Readable & MaybeTerminal;
  /** Results, and nothing else. */
  readonly stdout: Writable & MaybeTerminal;
  /** Progress, statistics and errors. */
  readonly stderr: Writable & MaybeTerminal;
  /** Aborted by Ctrl-C, and when nobody reads the results any more. */
  readonly signal: AbortSignal;
}
