// What benchmarks have in common: which machine, how fast it reads files, how repetitions are summed up, how tables and
// bars look.
export { barsTable, isMet, type Bar } from './bars.ts';
export { fioSpeed, hasFio, readSpeed, type FilePart } from './file-reading.ts';
export { describeMachine, inALine, watchOthers, type Machine } from './machine.ts';
export { median, spread, summarize, type Summary } from './statistics.ts';
export { percent, table } from './table.ts';
