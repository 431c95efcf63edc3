// Reads memory and does nothing else with it: what a kernel could reach at best. 16 bytes at a time, in one ascending
// stream for each thread, with enough sums that no addition waits for another.

/** Bytes that a thread takes at a time; a few rows of a weight. */
const CHUNK_BYTES: u32 = 65536;

/**
 * This thread's share of `passes` readings of the `bytes` bytes (a multiple of 128) at `start`; `counter` is the address
 * of the next chunk that no thread has taken. Returns the exclusive or of all 32-bit words that it read.
 */
export function read(counter: usize, start: usize, bytes: u32, passes: u32): u32 {
  const chunks = (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
  let all = i32x4.splat(0);
  for (;;) {
    const taken = atomic.add<u32>(counter, 1);
    if (taken >= chunks * passes) break;
    const offset = (taken % chunks) * CHUNK_BYTES;
    all = v128.xor(all, readChunk(start + offset, start + min(offset + CHUNK_BYTES, bytes)));
  }
  const pairs = v128.xor(all, v128.shuffle<i32>(all, all, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) ^ i32x4.extract_lane(pairs, 1);
}

function readChunk(start: usize, end: usize): v128 {
  let a = i32x4.splat(0),
    b = a,
    c = a,
    d = a,
    e = a,
    f = a,
    g = a,
    h = a;
  for (let at = start; at < end; at += 128) {
    a = v128.xor(a, v128.load(at));
    b = v128.xor(b, v128.load(at, 16));
    c = v128.xor(c, v128.load(at, 32));
    d = v128.xor(d, v128.load(at, 48));
    e = v128.xor(e, v128.load(at, 64));
    f = v128.xor(f, v128.load(at, 80));
    g = v128.xor(g, v128.load(at, 96));
    h = v128.xor(h, v128.load(at, 112));
  }
  return v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), v128.xor(v128.xor(e, f), v128.xor(g, h)));
}
