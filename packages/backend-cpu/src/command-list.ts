// A list of operations as the words that the kernels read.
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

/** The commands, once it is known which wait for those before and where temporaries lie. */
export function writeCommands(
  operations: readonly Operation[],
  barriers: readonly boolean[],
  address: AddressOf,
): Uint32Array {
  const commands = operations.map((operation) => operation.parameters(address));
  const header = protocol.COMMAND_PARAMETERS / 4;
  const length = (index: number) =>
    header + (commands[index]?.length ?? 0) + (operations[index]?.data?.length ?? 0);
  const words = new Uint32Array(operations.reduce((sum, _, index) => sum + length(index), header));
  let at = 0;
  for (const [index, { code, data }] of operations.entries()) {
    const parameters = commands[index] ?? [];
    words.set([code, barriers[index] ? 1 : 0, 0, length(index) * 4], at);
    words.set(parameters, at + header);
    if (data) words.set(data, at + header + parameters.length);
    at += length(index);
  }
  return words;
}
