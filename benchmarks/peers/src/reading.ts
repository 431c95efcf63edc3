// The machine's reading bandwidth as a peer: it reads as many bytes as a model has weights, and does nothing else.
import { compileReader, createReader } from '@rondo/bench-kernels/reader';
import { randomNumbers, randomWeights } from '@rondo/tensor/conformance';
import type { Peer } from './peer.ts';

/** Several times the size of any cache. */
const BYTES = 256 * 2 ** 20;

/** Reads with plain WebAssembly SIMD loads on `threads` threads; a "token" is `weightBytes` bytes. */
export async function openReading(weightBytes: number, threads: number): Promise<Peer> {
  const tile = randomWeights('Q8_0', 1, 32 * 4096, randomNumbers(3));
  const reader = await createReader(await compileReader(), { threads, bytes: BYTES, tile });
  const read = async (passes: number) => {
    const startMs = performance.now();
    await reader.read(BYTES, passes);
    return { tokens: (passes * BYTES) / weightBytes, ms: performance.now() - startMs };
  };
  return { prefill: () => read(4), decode: () => read(4), close: () => reader.dispose() };
}
