// How fast a token can come at best: whatever computes and reads at once cannot be faster than the slower of the two.

/** What weights there are and what room they have, in bytes. */
export interface WeightBytes {
  /** All that a pass can need. */
  readonly weightBytes: number;
  /** Experts among them, and the share of them that a token uses. */
  readonly expertBytes: number;
  readonly usedShare: number;
  /** Room for weights in memory. */
  readonly weightRoomBytes: number;
}

/**
 * Bytes that each token has to read at least: what does not fit. Of experts, nobody knows in advance which are used, and
 * with random weights all are used alike; so what every token needs is kept first, and of the experts those that do not
 * fit are missing as often as they are used.
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

/** The least time in milliseconds of a pass that computes for `computeMs` and reads `missing` bytes. */
export function physicalLimitMs(computeMs: number, missing: number, bytesPerSecond: number): number {
  return Math.max(computeMs, (missing / bytesPerSecond) * 1000);
}
