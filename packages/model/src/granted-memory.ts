// How much memory the machine, the container or the browser lets a model have when its user does not say.

/** Share of the available memory that a model takes by itself; the rest is the system's and other programs'. */
const SHARE = 0.8;
/** Where nothing can be asked: what a browser tab is safe with. */
const UNKNOWN_BYTES = 2 * 2 ** 30;

/** What the system lets a model have, at the start and while it runs. */
export interface GrantedMemory {
  /** Bytes granted at the start; 2 GiB where there is no way to know. */
  readonly bytes: number;
  /** Bytes that could be taken on top of what is held now; negative when some should be given up; 0 where nobody knows. */
  spareBytes(): number;
}

/** Asks the system, by what Node says is available (container limits included). */
export function grantedMemory(): GrantedMemory {
  const atStart = availableBytes();
  if (atStart === undefined) return { bytes: UNKNOWN_BYTES, spareBytes: () => 0 };
  const bytes = Math.floor(atStart * SHARE);
  const reserve = atStart - bytes;
  return { bytes, spareBytes: () => (availableBytes() ?? reserve) - reserve };
}

function availableBytes(): number | undefined {
  const available: unknown = globalThis.process?.availableMemory?.();
  return typeof available === 'number' && available > 0 ? available : undefined;
}
