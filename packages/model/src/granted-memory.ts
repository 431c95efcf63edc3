// How much memory the machine, the container or the browser lets a model have when its user does not say.

/** Share of the available memory that a model takes by itself; the rest is the system's and other programs'. */
const SHARE = 0.8;
/** Where nothing can be asked: what a browser tab is safe with. */
const UNKNOWN_BYTES = 2 * 2 ** 30;

/** Bytes, by what Node says is available (container limits included); 2 GiB where there is no way to know. */
export function grantedMemory(): number {
  const available: unknown = globalThis.process?.availableMemory?.();
  return typeof available === 'number' && available > 0 ? Math.floor(available * SHARE) : UNKNOWN_BYTES;
}
