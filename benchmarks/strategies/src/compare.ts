// Compares the real engine with the simulator, cell by cell. The machine's speed is measured anew around each run and
// given to the simulator, so that a shared disk, whose speed changes from second to second, affects both.
import { cellOf, optimumOf, type Cell } from './product.ts';
import { patterns } from './patterns.ts';
import type { RealEngine } from './real-engine.ts';
import { simulate, type VirtualMachine } from './simulate.ts';
import { policies, prefetchers } from './strategies.ts';

/** A real run and the same run in virtual time, with the speed that the machine had at that time. */
export interface Comparison {
  readonly measured: Cell;
  readonly simulated: Cell;
  /** The time of reading one entry alone, in milliseconds. */
  readonly loadMs: number;
  readonly computeMs: number;
}

/** Which runs to compare. */
export interface CompareOptions {
  readonly patterns: readonly string[];
  readonly slots: readonly number[];
  readonly accesses: number;
  /** The policies to compare; default: all. */
  readonly policies?: readonly string[] | undefined;
  /** The name of the balance of computing and reading. */
  readonly balance: string;
  readonly onCell?: ((done: number, of: number) => void) | undefined;
}

/** Runs all policies with all prefetch strategies. */
export async function compareWithReal(engine: RealEngine, options: CompareOptions): Promise<Comparison[]> {
  const { accesses, balance } = options;
  const shown = patterns.filter(({ name }) => options.patterns.includes(name));
  const used = policies.filter(({ name }) => options.policies?.includes(name) ?? true);
  // Waiting for several reads ahead differs little from waiting for one.
  const strategies = prefetchers.filter(({ name, distance }) => name !== 'sync' || distance === 1);
  const comparisons: Comparison[] = [];
  const count = shown.length * options.slots.length * used.length * strategies.length;
  for (const pattern of shown) {
    const trace = pattern.trace(accesses);
    const keys = pattern.keys(accesses);
    const optimum = optimumOf(trace);
    let before = await engine.calibrate();
    for (const slots of options.slots) {
      for (const policy of used) {
        for (const prefetch of strategies) {
          const create = () => ({ policy: policy.create(trace), prefetch: prefetch.create() });
          const measured = await engine.run({ trace, keys, slots, ...create() });
          const after = await engine.calibrate();
          const machine = between(before, after);
          before = after;
          const simulated = await simulate({ trace, keys, slots, machine, ...create() });
          const run = {
            pattern: pattern.name,
            balance,
            policy: policy.name,
            slots,
            prefetch,
            accesses,
            machine,
          };
          comparisons.push({
            measured: cellOf(run, measured, optimum),
            simulated: cellOf(run, simulated, optimum),
            loadMs: (machine.entryBytes / (machine.disk.streamBytesPerSecond ?? Number.NaN)) * 1000,
            computeMs: machine.computeMs,
          });
          options.onCell?.(comparisons.length, count);
        }
      }
    }
  }
  return comparisons;
}

/** The mean of two machines, as if each had been the case for half of the time. */
function between(a: VirtualMachine, b: VirtualMachine): VirtualMachine {
  const speed = (one = Infinity, other = Infinity): number => 2 / (1 / one + 1 / other);
  return {
    disk: {
      bytesPerSecond: speed(a.disk.bytesPerSecond, b.disk.bytesPerSecond),
      streamBytesPerSecond: speed(a.disk.streamBytesPerSecond, b.disk.streamBytesPerSecond),
    },
    entryBytes: a.entryBytes,
    computeMs: (a.computeMs + b.computeMs) / 2,
  };
}
