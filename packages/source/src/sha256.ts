// SHA-256 as text: what counts as a digest.
import { RondoError } from '@rondo/errors';

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
    {
      details: { length: text.length },
    },
  );
}
