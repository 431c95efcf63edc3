// SHA-256: of a few bytes, of many in pieces, and as text. The platform's own where it has one.
import { sha256 } from '@noble/hashes/sha2.js';
import { RondoError } from '@rondo/errors';

/** A digest under way. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The digest in lower case; the end of it. */
  digest(): string;
}

/** A digest of bytes that come piece by piece, which `crypto.subtle` cannot do. */
export function createSha256(): Sha256 {
  const hash = globalThis.process?.getBuiltinModule?.('node:crypto').createHash('sha256') ?? sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hexOf(hash.digest()),
  };
}

/** The digest of these bytes, which must not be shared; computed beside the calling thread where that is possible. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  // Pages that came by http have no `subtle`.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  return hexOf(
    subtle === undefined
      ? sha256(bytes)
      : new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)),
  );
}

/** The digest of a text's UTF-8, to be the name of a folder for it. */
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
