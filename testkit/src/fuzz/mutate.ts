// Small changes to bytes of the kinds that break parsers of binary formats.

/** Numbers at which lengths, counts and types go wrong: powers of two, and their neighbours. */
const edges = Array.from({ length: 65 }, (_, bits) => [2n ** BigInt(bits) - 1n, 2n ** BigInt(bits)]).flat();

/**
 * A changed copy of one of `inputs`; often changed more than once.
 *
 * @param random returns numbers from 0 to below 1
 */
export function mutate(inputs: readonly Uint8Array[], maxBytes: number, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (): Uint8Array => inputs[below(inputs.length)] ?? new Uint8Array(0);
  let bytes = pick().slice();
  do {
    const at = below(bytes.length + 1);
    const kind = below(7);
    if (kind === 0) flipBit(bytes, at, below(8));
    else if (kind === 1) bytes.fill(below(256), at, at + 1);
    else if (kind === 2) putInteger(bytes, at, 2 ** below(4), edges[below(edges.length)] ?? 0n);
    else if (kind === 3) addToInteger(bytes, at, 2 ** below(4), below(9) - 4);
    else if (kind === 4) bytes = splice(bytes, at, below(33), new Uint8Array(0));
    else if (kind === 5) bytes = splice(bytes, at, 0, part(bytes, below));
    else bytes = splice(bytes, at, below(33), part(pick(), below));
  } while (random() < 0.6);
  return bytes.subarray(0, maxBytes);
}

function flipBit(bytes: Uint8Array, at: number, bit: number): void {
  if (at < bytes.length) bytes[at] ^= 1 << bit;
}

/** Writes an integer in little-endian order. */
function putInteger(bytes: Uint8Array, at: number, width: number, value: bigint): void {
  for (let i = 0; i < width && at + i < bytes.length; i++) {
    bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
}

function addToInteger(bytes: Uint8Array, at: number, width: number, difference: number): void {
  let value = 0n;
  for (let i = 0; i < width; i++) value |= BigInt(bytes[at + i] ?? 0) << BigInt(8 * i);
  putInteger(bytes, at, width, value + BigInt(difference));
}

function part(bytes: Uint8Array, below: (limit: number) => number): Uint8Array {
  const start = below(bytes.length);
  return bytes.slice(start, start + 1 + below(64));
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array<ArrayBuffer> {
  const tail = bytes.subarray(at + remove);
  const spliced = new Uint8Array(at + insert.length + tail.length);
  spliced.set(bytes.subarray(0, at));
  spliced.set(insert, at);
  spliced.set(tail, at + insert.length);
  return spliced;
}
