// Encodes operations as command lists, which the kernels read: a list in memory 0, and one more list for each run of operations
// in another memory.
import type { CpuTensor } from './cpu-tensors.ts';
import type { Region } from './plan.ts';
import * as protocol from './protocol.ts';

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32 parameter as a 32-bit word. */
export function floatBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** Gives the address of a tensor. All regions must have addresses by then. */
export type AddressOf = (tensor: Pick<CpuTensor, 'region' | 'offsetBytes'>) => number;

/** One operation, with its dependencies. */
export interface Operation {
  readonly code: number;
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  /** What a profile knows the operation by; 0 or absent: nothing is known. */
  readonly mark?: number | undefined;
  /** Parameters that follow the header; float32 parameters as their bits. */
  parameters(address: AddressOf): readonly number[];
  /** More parameters, written unchanged after `parameters`. */
  data?(): Uint32Array;
}

/** Operations that are executed in this order. */
interface Sequence {
  readonly operations: Operation[];
  /** For each operation, whether all operations before it must have finished. */
  readonly barriers: boolean[];
}

/** Access to the memories for writing lists. */
export interface ListTarget {
  /** Gives the address of a tensor. */
  readonly address: AddressOf;
  /** Puts a list into a memory and gives its address. */
  place(memory: number, words: Uint32Array): number;
  /** The station of a memory: the memory with which threads synchronize. */
  station(memory: number): Station;
}

/** Memory that the threads need in each memory in which they execute a list. */
export interface Station {
  /** Address of the control block, through which the threads wait for each other. */
  readonly control: number;
  /** Address of the scratch memory, one piece per thread. */
  readonly scratch: number;
}

/**
 * Writes the commands, when barriers and the places of temporaries are known. Returns the address of the list in memory 0.
 * An operation is executed by the kernels of the memory that it writes to. A run of operations in another memory has its own
 * list in that memory; the list of memory 0 calls that list.
 */
export function writeLists(
  operations: readonly Operation[],
  barriers: readonly boolean[],
  target: ListTarget,
): number {
  const main: Sequence = { operations: [], barriers: [] };
  let section: (Sequence & { readonly memory: number }) | undefined;
  for (const [index, operation] of operations.entries()) {
    const { memory = 0 } = operation.writes[0] ?? {};
    if (memory === 0) section = undefined;
    else if (section?.memory !== memory) {
      section = { memory, operations: [], barriers: [] };
      main.operations.push(callOf(section, target));
      main.barriers.push(false);
    }
    const sequence = section ?? main;
    sequence.operations.push(operation);
    sequence.barriers.push(barriers[index] ?? false);
  }
  return target.place(0, writeCommands(main, target.address));
}

/** The operation that executes a sequence in another memory. The sequence is complete when the operation is written. */
function callOf(section: Sequence & { readonly memory: number }, target: ListTarget): Operation {
  const { memory } = section;
  return {
    code: protocol.OP_SECTION,
    reads: [],
    writes: [],
    parameters(address) {
      const { control, scratch } = target.station(memory);
      return [memory, target.place(memory, writeCommands(section, address)), control, scratch];
    },
  };
}

function writeCommands({ operations, barriers }: Sequence, address: AddressOf): Uint32Array {
  const header = protocol.COMMAND_PARAMETERS / 4;
  const commands = operations.map((operation) => {
    const parameters = operation.parameters(address);
    const data = operation.data?.();
    return {
      code: operation.code,
      mark: operation.mark ?? 0,
      parameters,
      data,
      length: header + parameters.length + (data?.length ?? 0),
    };
  });
  const words = new Uint32Array(commands.reduce((sum, { length }) => sum + length, header));
  let at = 0;
  for (const [index, { code, mark, parameters, data, length }] of commands.entries()) {
    words.set([code, (mark << 1) | (barriers[index] ? 1 : 0), 0, length * 4], at);
    words.set(parameters, at + header);
    if (data) words.set(data, at + header + parameters.length);
    at += length;
  }
  return words;
}
