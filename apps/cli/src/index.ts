// The command line as a function, for programs that run it in their own process.
export type { Io, MaybeTerminal } from './io.ts';
export { run } from './program.ts';
