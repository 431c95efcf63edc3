// How much memory the machine, the container or the browser lets a model have when its user does not say.
import { availableMemory, type ReadText } from './available.ts';

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
  /** The model will never take more than this: the rest is free for other models. */
  limitTo(bytes: number): void;
  /** The model has given back everything. Idempotent. */
  release(): void;
}

/** A grant, and how much of it is in use: the rest counts as taken, although the system still calls it free. */
interface Grant {
  bytes: number;
  readonly takenBytes: () => number;
}

/** The grants of all models of this process. */
const grants = new Set<Grant>();

/**
 * Grants a share of what the system says is available, less what was granted to other models and is not in use yet.
 *
 * @param takenBytes how much of the grant is in use
 * @param readText reads one of the system's files; default: Node's
 */
export function grantMemory(takenBytes: () => number, readText?: ReadText): GrantedMemory {
  const available = () => availableMemory(readText);
  const freeAtStart = available();
  if (freeAtStart === undefined)
    return { bytes: UNKNOWN_BYTES, spareBytes: () => 0, limitTo() {}, release() {} };
  // What the model holds before it takes anything, from a model that was disposed of, is the model's to use as well.
  const atStart = freeAtStart + takenBytes();
  const bytes = Math.floor(Math.max(0, atStart - promisedBytes(undefined)) * SHARE);
  const reserve = atStart - bytes;
  const grant: Grant = { bytes, takenBytes };
  grants.add(grant);
  return {
    bytes,
    spareBytes: () => (available() ?? reserve) - promisedBytes(grant) - Math.floor(atStart * (1 - SHARE)),
    limitTo(most) {
      grant.bytes = Math.min(grant.bytes, most);
    },
    release() {
      grants.delete(grant);
    },
  };
}

/** Bytes that other models were granted and have not taken. */
function promisedBytes(own: Grant | undefined): number {
  let bytes = 0;
  for (const grant of grants) if (grant !== own) bytes += Math.max(0, grant.bytes - grant.takenBytes());
  return bytes;
}
