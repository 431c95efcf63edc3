// Access to other memories: copying bytes, and executing lists in another memory. JavaScript between the instances does both.
import { parameter, takeChunk } from '../threads';
import { SCRATCH_BYTES } from '../../src/protocol';

// @ts-ignore: decorator
@external('env', 'copyBetween')
declare function copyBetween(fromMemory: u32, from: usize, toMemory: u32, to: usize, bytes: u32): void;

// @ts-ignore: decorator
@external('env', 'executeIn')
declare function executeIn(memory: u32, list: usize, control: usize, thread: u32, threads: u32, scratch: usize): void;

/** Bytes a thread takes at once: the bytes of one token are copied in one call. */
const CHUNK: u32 = 1 << 17;

/** Parameters: fromMemory, from, toMemory, to, bytes. */
export function transfer(command: usize): void {
  const from = parameter(command, 1);
  const to = parameter(command, 3);
  const bytes = parameter(command, 4);
  for (let start = takeChunk(command, CHUNK); start < bytes; start = takeChunk(command, CHUNK)) {
    copyBetween(parameter(command, 0), from + start, parameter(command, 2), to + start, min(CHUNK, bytes - start));
  }
}

/** Parameters: memory, list, control, scratch. */
export function section(command: usize, thread: u32, threads: u32): void {
  const scratch = parameter(command, 3) + thread * SCRATCH_BYTES;
  executeIn(parameter(command, 0), parameter(command, 1), parameter(command, 2), thread, threads, scratch);
}
