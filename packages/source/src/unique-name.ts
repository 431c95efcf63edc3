// Identities for contents without a name.

/** `kind:` and 128 random bits. Not `crypto.randomUUID`, which browsers offer in secure contexts only. */
export function uniqueName(kind: string): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return `${kind}:${Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')}`;
}
