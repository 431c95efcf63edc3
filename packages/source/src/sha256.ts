// SHA-256 of bytes at once, of bytes in pieces, and of text. Uses the platform's implementation if the platform has
// SHA-256.
import { sha256 } from '@noble/hashes/sha2.js';
import { RondoError } from '@rondo/errors';

/** A digest in progress. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Ends the computation, and returns the digest in lower case. */
  digest(): string;
}

/** A digest of bytes that come in pieces, which `crypto.subtle` cannot compute. */
export function createSha256(): Sha256 {
  const hash = globalThis.process?.getBuiltinModule?.('node:crypto').createHash('sha256') ?? sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hexOf(hash.digest()),
  };
}

/**
 * The digest of these bytes, which must not be shared memory. Computed off the calling thread if the platform can do so.
 */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  // Pages loaded over http have no `subtle`.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  return hexOf(
    subtle === undefined
      ? sha256(bytes)
      : new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)),
  );
}

/** The digest of a text in UTF-8, used as the name of a folder. */
export function sha256OfText(text: string): string {
  return hexOf(sha256(new TextEncoder().encode(text)));
}

/**
 * A SHA-256 digest in lower case.
 *
 * @throws RondoError `BAD_ARGUMENT` for anything but 64 hexadecimal digits
 */
export function parseSha256(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new RondoError(
    'BAD_ARGUMENT',
    `${JSON.stringify(text.slice(0, 80))} is no SHA-256: that has 64 hexadecimal digits.`,
    { details: { length: text.length } },
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
