import { expect, it } from 'vitest';
import { createSha256, parseSha256, sha256Of, sha256OfText } from './sha256.ts';

// FIPS 180-4, example 1.
const ofAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('SHA-256 gives the digest of the standard, whole and in pieces', async () => {
  const hash = createSha256();
  hash.update(Uint8Array.of(97));
  hash.update(Uint8Array.of(98, 99));
  expect(hash.digest()).toBe(ofAbc);
  expect(await sha256Of(Uint8Array.of(97, 98, 99))).toBe(ofAbc);
  expect(sha256OfText('abc')).toBe(ofAbc);
});

it('#72 parseSha256 takes 64 hexadecimal digits, and nothing else', () => {
  expect(parseSha256(ofAbc.toUpperCase())).toBe(ofAbc);
  for (const bad of [
    '',
    '../',
    'a'.repeat(63),
    'a'.repeat(65),
    `${'a'.repeat(63)}g`,
    `${ofAbc}\n`,
    ` ${ofAbc}`,
  ]) {
    expect(() => parseSha256(bad)).toThrowError(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
});
