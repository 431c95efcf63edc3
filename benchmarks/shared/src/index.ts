// What benchmarks have in common: which machine, how repetitions are summed up, how tables look.
export { describeMachine, inALine, watchOthers, type Machine } from './machine.ts';
export { median, spread, summarize, type Summary } from './statistics.ts';
export { percent, table } from './table.ts';
