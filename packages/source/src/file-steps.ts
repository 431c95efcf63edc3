// How a read of a file is cut into steps: aligned ones that can go past the page cache, and the ragged rest. No I/O.

/**
 * Offsets, lengths and addresses of a direct read are multiples of this many bytes. The logical block size of a device
 * (512 or 4096) would do; 4096 is right for all of them, and a page.
 */
export const directAlignment = 4096;

/** The next part of a read. */
export interface ReadStep {
  readonly bytes: number;
  /** Whether it keeps to the alignment that a direct read needs. */
  readonly direct: boolean;
}

/**
 * The next step of a read at `position` in the file to byte `address` of the target's buffer.
 *
 * Where position and address are off by the same amount, all but the ragged ends is direct; where they are not, no
 * aligned copy of the data can land in the target and the whole read is buffered.
 *
 * @param chunkBytes most bytes of one step, a multiple of `directAlignment`
 */
export function nextStep(position: number, address: number, remaining: number, chunkBytes: number): ReadStep {
  const overhang = position % directAlignment;
  const most = Math.min(remaining, chunkBytes);
  if (address % directAlignment !== overhang) return { bytes: most, direct: false };
  if (overhang > 0) return { bytes: Math.min(remaining, directAlignment - overhang), direct: false };
  const aligned = most - (most % directAlignment);
  return aligned > 0 ? { bytes: aligned, direct: true } : { bytes: most, direct: false };
}
