// The address of the demo model. The package consists of weights and has no other code.

/**
 * The GGUF file of the demo model: Llama architecture, 6.56 million parameters in Q8_0, 7,012,544 bytes, CC0.
 *
 * A `file:` URL in Node; an `http(s):` URL if a bundler or server delivers the package.
 */
export const demoModelUrl: URL = new URL('../data/shakespeare-q8_0.gguf', import.meta.url);

/** Bytes of the file at {@link demoModelUrl}. */
export const demoModelBytes = 7_012_544;

/** The SHA-256 of the file at {@link demoModelUrl}, in hex. */
export const demoModelSha256 = '5ec08a1455f49c8a5bf8412acab70af09a948f9d0d4b0dd218339e5ed28b242f';
