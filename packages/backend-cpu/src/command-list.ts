// Operations as the words that the kernels read: one list, and one more for each run of operations in another memory.
import type { CpuTensor } from './cpu-tensors.ts';
import type { Region } from './plan.ts';
import * as protocol from './protocol.ts';

/** Gives the address of a region's byte once regions have been placed. */
export type AddressOf = (tensor: Pick<CpuTensor, 'region' | 'offsetBytes'>) => number;

/** One operation, with its dependencies. */
export interface Operation {
  readonly code: number;
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  /** Parameters that follow the header; float32 ones as their bits. */
  parameters(address: AddressOf): readonly number[];
  /** More parameters, as they are. */
  readonly data?: Uint32Array;
}

/** An operation whose turn has come. */
interface Command {
  readonly operation: Operation;
  /** Whether all before it must have finished. */
  readonly barrier: boolean;
}

/** What writing lists asks of the memories. */
export interface ListTarget {
  /** Gives the address of a region's byte. */
  readonly address: AddressOf;
  /** Puts a list into a memory and gives its address. */
  place(memory: number, words: Uint32Array): number;
  /** Where threads meet in a memory. */
  station(memory: number): Station;
}

/** What the threads need in each memory in which they execute a list. */
export interface Station {
  /** Address of the control block, through which they wait for each other. */
  readonly control: number;
  /** Address of their scratch memory, one piece a thread. */
  readonly scratch: number;
}

/**
 * Writes the commands, once it is known which wait for those before and where temporaries lie, and gives the address of
 * the list in memory 0. An operation is executed by the kernels of the memory it writes to; those of other memories stand
 * in lists there, each called where it begins.
 */
export function writeLists(
  operations: readonly Operation[],
  barriers: readonly boolean[],
  target: ListTarget,
): number {
  const main: Command[] = [];
  let section: { memory: number; commands: Command[] } | undefined;
  for (const [index, operation] of operations.entries()) {
    const command = { operation, barrier: barriers[index] ?? false };
    const { memory = 0 } = operation.writes[0] ?? {};
    if (memory === 0) {
      main.push(command);
      section = undefined;
    } else if (section?.memory === memory) {
      section.commands.push(command);
    } else {
      section = { memory, commands: [command] };
      main.push({ operation: callOf(section, target), barrier: false });
    }
  }
  return target.place(0, writeCommands(main, target.address));
}

/** The operation that executes a list in another memory, which is complete by the time it is written. */
function callOf(
  { memory, commands }: { memory: number; commands: readonly Command[] },
  target: ListTarget,
): Operation {
  return {
    code: protocol.OP_SECTION,
    reads: [],
    writes: [],
    parameters(address) {
      const { control, scratch } = target.station(memory);
      return [memory, target.place(memory, writeCommands(commands, address)), control, scratch];
    },
  };
}

function writeCommands(commands: readonly Command[], address: AddressOf): Uint32Array {
  const parameters = commands.map(({ operation }) => operation.parameters(address));
  const header = protocol.COMMAND_PARAMETERS / 4;
  const length = (index: number) =>
    header + (parameters[index]?.length ?? 0) + (commands[index]?.operation.data?.length ?? 0);
  const words = new Uint32Array(commands.reduce((sum, _, index) => sum + length(index), header));
  let at = 0;
  for (const [index, { operation, barrier }] of commands.entries()) {
    const own = parameters[index] ?? [];
    words.set([operation.code, barrier ? 1 : 0, 0, length(index) * 4], at);
    words.set(own, at + header);
    if (operation.data) words.set(operation.data, at + header + own.length);
    at += length(index);
  }
  return words;
}
