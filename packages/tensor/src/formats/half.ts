// IEEE 754 binary16 to and from binary32, exactly, on engines without Float16Array. One value at a time.

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

const float32Infinity = 0x7f80_0000;

/** The bits of the float32 that equals a half. NaN payloads are kept. */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | float32Infinity | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  // A subnormal is its fraction times 2^-24, which is a normal float32, or zero.
  floats[0] = fraction * 2 ** -24;
  return (sign | bits[0]) >>> 0;
}

/** The value of a half, given as its 16 bits. */
export function float16ToFloat32(half: number): number {
  bits[0] = float16ToFloat32Bits(half);
  return floats[0];
}

/** The 16 bits of the half nearest to the float32 `value`, ties to even; too large values become infinite. */
export function float32ToFloat16(value: number): number {
  floats[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fff_ffff;
  if (magnitude > float32Infinity) return sign | 0x7e00;
  // From 65536 on. Smaller values that must become infinite do so by rounding: the bits of infinity follow the largest half's.
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  if (magnitude < 0x3880_0000) {
    // Below 2^-14, halves are multiples of 2^-24. Float32 values just above 0.5 are too, so the addition does the rounding.
    floats[0] = Math.abs(floats[0]) + 0.5;
    return sign | (bits[0] - 0x3f00_0000);
  }
  const odd = (magnitude >> 13) & 1;
  return sign | ((magnitude - (112 << 23) + 0xfff + odd) >> 13);
}

/** The half at `at` in little-endian bytes. */
export function readHalf(bytes: Uint8Array, at: number): number {
  return float16ToFloat32(bytes[at] | (bytes[at + 1] << 8));
}

/** Stores `value` as a half at `at`, little-endian. */
export function writeHalf(bytes: Uint8Array, at: number, value: number): void {
  const half = float32ToFloat16(value);
  bytes[at] = half & 0xff;
  bytes[at + 1] = half >> 8;
}
