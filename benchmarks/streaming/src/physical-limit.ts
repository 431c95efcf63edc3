// The shortest possible time of a token: an engine that computes and reads at once cannot be faster than the slower of
// the two.

/** The weights and their room in memory, in bytes. */
export interface WeightBytes {
  /** All weights that a pass can need. */
  readonly weightBytes: number;
  /** Bytes of the experts among these weights, and the share of the experts that a token uses. */
  readonly expertBytes: number;
  readonly usedShare: number;
  /** Room for weights in memory. */
  readonly weightRoomBytes: number;
}

/**
 * The least bytes that each token has to read: the weights that do not fit. The used experts are unknown in advance, and
 * with random weights all experts are used equally often. Weights that every token needs are therefore kept first, and an
 * expert that does not fit is missing as often as it is used.
 */
export function missingBytes({ weightBytes, expertBytes, usedShare, weightRoomBytes }: WeightBytes): number {
  const sharedBytes = weightBytes - expertBytes;
  const missingShared = Math.max(0, sharedBytes - weightRoomBytes);
  const missingExperts = Math.max(0, expertBytes - Math.max(0, weightRoomBytes - sharedBytes));
  return missingShared + missingExperts * usedShare;
}

/** Bytes of weights that a token computes with. */
export function usedBytes({
  weightBytes,
  expertBytes,
  usedShare,
}: Omit<WeightBytes, 'weightRoomBytes'>): number {
  return weightBytes - expertBytes * (1 - usedShare);
}

/** The least milliseconds of a pass that computes for `computeMs` and reads `missing` bytes. */
export function physicalLimitMs(computeMs: number, missing: number, bytesPerSecond: number): number {
  return Math.max(computeMs, (missing / bytesPerSecond) * 1000);
}
