// A matrix product as an operation: how it is cut for the threads, and in what form its kernel wants both sides.
import { layoutOf, rowBytes, sizes } from '@rondo/tensor';
import type { Operation } from './command-list.ts';
import { addressOfWeight, type CpuTensor, type CpuWeight } from './cpu-tensors.ts';
import { inputRowBytes, isDecoded, unpackedRowBytes } from './matmul-inputs.ts';
import { OP_MATMUL, OP_MATMUL_DECODED } from './protocol.ts';

/** Room in which a thread unpacks rows of a weight: more, and they leave its cache before all tokens have met them. */
const UNPACKED_BYTES = 128 * 1024;

/** The product of a weight and an input in the form `kind`, in the memory that all three lie in. */
export function product(
  weight: CpuWeight,
  kind: number,
  input: CpuTensor,
  out: CpuTensor,
  threads: number,
): Operation {
  const { dtype } = weight;
  const [tokens, outWidth] = sizes(out);
  const inWidth = sizes(weight)[1];
  const chunk = Math.max(1, Math.min(32, Math.ceil(outWidth / (threads * 8))));
  const decoded = isDecoded(dtype);
  const unpackedBytes = decoded || tokens >= 4 ? unpackedRowBytes(dtype, inWidth) : 0;
  const unpackedRows = decoded
    ? 1
    : unpackedBytes && Math.max(1, Math.min(chunk, Math.floor(UNPACKED_BYTES / unpackedBytes)));
  const { memory = 0 } = out.region;
  const unpacked = { region: { bytes: threads * unpackedRows * unpackedBytes, memory }, offsetBytes: 0 };
  return {
    code: decoded ? OP_MATMUL_DECODED : OP_MATMUL,
    reads: [input.region],
    writes: unpackedBytes ? [out.region, unpacked.region] : [out.region],
    parameters: (address) => [
      layoutOf(dtype).id,
      addressOfWeight(weight),
      rowBytes(dtype, inWidth),
      outWidth,
      inWidth,
      address(input),
      inputRowBytes(kind, inWidth),
      tokens,
      address(out),
      chunk,
      unpackedBytes && address(unpacked),
      unpackedBytes,
      unpackedRows,
    ],
  };
}
