// The common part of benchmarks: the machine, its speed of reading files, statistics of repetitions, tables and bars.
export { barsTable, isMet, type Bar } from './bars.ts';
export { fioSpeed, hasFio, readSpeed, type FilePart } from './file-reading.ts';
export { describeMachine, inALine, processorFolder, watchOthers, type Machine } from './machine.ts';
export { median, spread, summarize, type Summary } from './statistics.ts';
export { percent, table } from './table.ts';
export { writeResults } from './write-results.ts';
