// The sharing of a command list between threads: barriers between dependent commands, chunks of work within a command.
import { COMMAND_COUNTER, CONTROL_ARRIVED, CONTROL_GENERATION } from '../src/protocol';

/** Polling rounds before a waiting thread sleeps: about 25 microseconds, about the time of a chunk of work. */
const SPINS: i32 = 20000;

/** Returns when all threads have called it. */
export function barrier(control: usize, threads: u32): void {
  if (threads == 1) return;
  const generation = atomic.load<i32>(control + CONTROL_GENERATION);
  if (atomic.add<u32>(control + CONTROL_ARRIVED, 1) + 1 == threads) {
    atomic.store<u32>(control + CONTROL_ARRIVED, 0);
    atomic.add<i32>(control + CONTROL_GENERATION, 1);
    atomic.notify(control + CONTROL_GENERATION, -1);
    return;
  }
  waitWhileEqual(control + CONTROL_GENERATION, generation);
}

/** Returns when the word at `address` differs from `value`: polls for a while, then sleeps. */
export function waitWhileEqual(address: usize, value: i32): void {
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(address) != value) return;
  }
  while (atomic.load<i32>(address) == value) atomic.wait<i32>(address, value, -1);
}

/** Takes the next `size` units of a command's work. Returns the first unit; not below the total: no work is left. */
// @ts-ignore: decorator
@inline
export function takeChunk(command: usize, size: u32): u32 {
  return atomic.add<u32>(command + COMMAND_COUNTER, size);
}

/** Parameter `index` of a command. */
// @ts-ignore: decorator
@inline
export function parameter(command: usize, index: u32): u32 {
  return load<u32>(command + 16 + (index << 2));
}

/** Parameter `index` of a command, stored as float32. */
// @ts-ignore: decorator
@inline
export function floatParameter(command: usize, index: u32): f32 {
  return load<f32>(command + 16 + (index << 2));
}
