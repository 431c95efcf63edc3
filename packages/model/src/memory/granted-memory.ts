// Grants a model memory if the user does not give an amount: a share of the memory that the machine, the container or the
// browser has available.
import { availableMemory, type ReadText } from './available.ts';

/** Share of the available memory that a model takes by default; the rest is for the system and for other programs. */
const SHARE = 0.8;
/** Bytes granted if the available memory is unknown: safe for a browser tab. */
const UNKNOWN_BYTES = 2 * 2 ** 30;

/** The memory that a model may have, at the start and while it runs. */
export interface GrantedMemory {
  /** Bytes granted at the start; 2 GiB if the available memory is unknown. */
  readonly bytes: number;
  /** Bytes that the model could take beside the bytes that it holds; negative if the model should give bytes up; 0 if unknown. */
  spareBytes(): number;
  /** Says that the model will never take more than `bytes`: the rest is free for other models. */
  limitTo(bytes: number): void;
  /** The model has given back everything. Idempotent. */
  release(): void;
}

/** A grant, and how much of it is in use. The rest counts as taken, although the system still reports it as free. */
interface Grant {
  bytes: number;
  readonly takenBytes: () => number;
}

/** The grants of all models of this process. */
const grants = new Set<Grant>();

/**
 * Grants a share of the memory that the system reports as available, less the bytes that other models were granted and do not
 * use yet.
 *
 * @param takenBytes how much of the grant is in use
 * @param readText reads one of the system's files; default: Node's
 */
export function grantMemory(takenBytes: () => number, readText?: ReadText): GrantedMemory {
  const available = () => availableMemory(readText);
  const freeAtStart = available();
  if (freeAtStart === undefined)
    return { bytes: UNKNOWN_BYTES, spareBytes: () => 0, limitTo() {}, release() {} };
  // The model may already hold memory that it took over from a disposed model. That memory counts as available, too.
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
