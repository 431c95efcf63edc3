// Amounts of memory as people write them.
import { RondoError, shownValue } from '@rondo/errors';

/**
 * Bytes, or a text such as `2GiB`, `512 MB` or `1.5g`. Units of a single letter or with an `i` are binary: `1k` and `1KiB` are
 * 1,024 bytes, `1kB` is 1,000.
 */
export type ByteAmount = number | string;

const factors: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
};

/** The bytes of an amount. @throws RondoError `BAD_ARGUMENT` for a value that is no positive amount */
export function parseBytes(amount: ByteAmount): number {
  const written = typeof amount === 'string' || typeof amount === 'number' ? String(amount) : '';
  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(written) ?? [];
  const bytes = Math.floor(Number(digits) * (factors[unit.toLowerCase()] ?? Number.NaN));
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new RondoError(
    'BAD_ARGUMENT',
    `${shownValue(amount)} is no amount of memory; write bytes, or something like 512MiB or 2GiB.`,
    {
      details: { amount },
    },
  );
}

/** `3.71 GiB`, `512 MiB`, `96 B`: three digits, binary units. */
export function formatBytes(bytes: number): string {
  const exponent = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  const value = bytes / 2 ** (10 * exponent);
  const digits = exponent === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][exponent] ?? ''}`;
}
