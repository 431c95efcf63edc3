// Cuts a read of a file into steps: aligned steps that can bypass the page cache, and unaligned ends. No I/O.

/**
 * Offsets, lengths and addresses of a direct read are multiples of this many bytes. The logical block size of the device
 * (512 or 4096) would suffice; 4096 is right for all devices, and is the size of a page.
 */
export const directAlignment = 4096;

/** The next part of a read. */
export interface ReadStep {
  readonly bytes: number;
  /** Whether the step has the alignment that a direct read needs. */
  readonly direct: boolean;
}

/**
 * The next step of a read at `position` in the file to byte `address` of the target's buffer.
 *
 * If position and address have the same remainder, everything but the unaligned ends is direct. Otherwise no aligned
 * copy of the data fits the target, and the whole read is buffered.
 *
 * @param chunkBytes the most bytes of one step, a multiple of `directAlignment`
 */
export function nextStep(position: number, address: number, remaining: number, chunkBytes: number): ReadStep {
  const overhang = position % directAlignment;
  const most = Math.min(remaining, chunkBytes);
  if (address % directAlignment !== overhang) return { bytes: most, direct: false };
  if (overhang > 0) return { bytes: Math.min(remaining, directAlignment - overhang), direct: false };
  const aligned = most - (most % directAlignment);
  return aligned > 0 ? { bytes: aligned, direct: true } : { bytes: most, direct: false };
}
