// Builds bytes from little-endian values; the counterpart of `header-reader.ts`. The builder knows no format.

/** Collects values; each method appends one value. */
export interface ByteBuilder {
  readonly length: number;
  u32(value: number): void;
  u64(value: number | bigint): void;
  bytes(bytes: Uint8Array): void;
  /** Appends the length of `value` in bytes as u64, then `value` in UTF-8. */
  string(value: string): void;
  /** The bytes that were appended. */
  finish(): Uint8Array;
}

/** An empty builder. */
export function byteBuilder(): ByteBuilder {
  const encoder = new TextEncoder();
  let buffer = new Uint8Array(4096);
  let view = new DataView(buffer.buffer);
  let length = 0;

  function advance(bytes: number): number {
    const start = length;
    length += bytes;
    if (length > buffer.length) {
      const grown = new Uint8Array(Math.max(length, buffer.length * 2));
      grown.set(buffer);
      buffer = grown;
      view = new DataView(grown.buffer);
    }
    return start;
  }

  const builder: ByteBuilder = {
    get length() {
      return length;
    },
    // `advance` comes first, because it may replace the view.
    u32(value) {
      const start = advance(4);
      view.setUint32(start, value, true);
    },
    u64(value) {
      const start = advance(8);
      view.setBigUint64(start, BigInt.asUintN(64, BigInt(value)), true);
    },
    bytes(bytes) {
      const start = advance(bytes.length);
      buffer.set(bytes, start);
    },
    string(value) {
      const bytes = encoder.encode(value);
      builder.u64(bytes.length);
      builder.bytes(bytes);
    },
    finish: () => buffer.subarray(0, length),
  };
  return builder;
}
