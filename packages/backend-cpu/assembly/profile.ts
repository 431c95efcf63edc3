// The records of a profile: what each thread did, and when. The host reads them when a submission has ended.
import { PROFILE_BYTES, RECORD_BYTES, RECORDS_PER_THREAD } from '../src/protocol';

/** Milliseconds, the same clock in all threads. */
// @ts-ignore: decorator
@external('env', 'now')
export declare function now(): f64;

/** Records that `thread` waited from `waited` on and computed the command with `mark` from `started` to `ended`. */
export function record(profile: usize, thread: u32, mark: u32, waited: f64, started: f64, ended: f64): void {
  const own = profile + thread * PROFILE_BYTES;
  const count = load<u32>(own);
  const at = own + RECORD_BYTES + (count % RECORDS_PER_THREAD) * RECORD_BYTES;
  store<u32>(at, mark);
  store<f64>(at + 8, waited);
  store<f64>(at + 16, started);
  store<f64>(at + 24, ended);
  atomic.store<u32>(own, count + 1);
}
