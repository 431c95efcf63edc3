// Keys and values in float32: a head's row is `headSize` floats.
import { Four } from '../dot/columns';
import { dotFloat, dotFloats } from '../dot/float';
import { madd } from '../simd';

/** q · key for each of `count` keys. */
export function scoresF32(q: usize, keys: usize, count: u32, headSize: u32, to: usize): void {
  const stride = headSize * 4;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) dotFloats<f32, Four>(q, keys + i * stride, headSize, stride, to + i * 4, 4);
  for (; i < count; i++) store<f32>(to + i * 4, dotFloat<f32>(q, keys + i * stride, headSize));
}

/** out = carried * out + Σ weight[i] * value[i]: 32 columns at a time stay in registers while the positions go by. */
export function addWeightedF32(values: usize, count: u32, headSize: u32, weights: usize, carried: f32, out: usize): void {
  const stride = headSize * 4;
  const factor = f32x4.splat(carried);
  let column: u32 = 0;
  for (; column + 128 <= stride; column += 128) {
    const to = out + column;
    let a0 = f32x4.mul(v128.load(to), factor);
    let a1 = f32x4.mul(v128.load(to, 16), factor);
    let a2 = f32x4.mul(v128.load(to, 32), factor);
    let a3 = f32x4.mul(v128.load(to, 48), factor);
    let a4 = f32x4.mul(v128.load(to, 64), factor);
    let a5 = f32x4.mul(v128.load(to, 80), factor);
    let a6 = f32x4.mul(v128.load(to, 96), factor);
    let a7 = f32x4.mul(v128.load(to, 112), factor);
    let value = values + column;
    for (let i: u32 = 0; i < count; i++, value += stride) {
      const w = v128.load32_splat(weights + i * 4);
      a0 = madd(w, v128.load(value), a0);
      a1 = madd(w, v128.load(value, 16), a1);
      a2 = madd(w, v128.load(value, 32), a2);
      a3 = madd(w, v128.load(value, 48), a3);
      a4 = madd(w, v128.load(value, 64), a4);
      a5 = madd(w, v128.load(value, 80), a5);
      a6 = madd(w, v128.load(value, 96), a6);
      a7 = madd(w, v128.load(value, 112), a7);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
    v128.store(to, a4, 64);
    v128.store(to, a5, 80);
    v128.store(to, a6, 96);
    v128.store(to, a7, 112);
  }
  for (; column < stride; column += 4) {
    let sum = load<f32>(out + column) * carried;
    for (let i: u32 = 0; i < count; i++) sum += load<f32>(weights + i * 4) * load<f32>(values + i * stride + column);
    store<f32>(out + column, sum);
  }
}
