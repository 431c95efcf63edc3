// (x - mean) / sqrt(variance + epsilon) * weight, a row at a time.
import { madd, sumF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';

/** Parameters: x, weight, out, rows, width, epsilon. */
export function layerNorm(command: usize): void {
  const x = parameter(command, 0);
  const weight = parameter(command, 1);
  const out = parameter(command, 2);
  const rows = parameter(command, 3);
  const width = parameter(command, 4);
  const epsilon = floatParameter(command, 5);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    const offset = row * width * 4;
    normalizeRow(x + offset, weight, out + offset, width, epsilon);
  }
}

function normalizeRow(x: usize, weight: usize, out: usize, width: u32, epsilon: f32): void {
  const vectorEnd = (width & ~3) * 4;
  const end = width * 4;
  let sums = f32x4.splat(0);
  let i: u32 = 0;
  for (; i < vectorEnd; i += 16) sums = f32x4.add(sums, v128.load(x + i));
  let sum = sumF32(sums);
  for (; i < end; i += 4) sum += load<f32>(x + i);
  const mean: f32 = sum / <f32>width;
  const means = f32x4.splat(mean);
  let squares = f32x4.splat(0);
  for (i = 0; i < vectorEnd; i += 16) {
    const centred = f32x4.sub(v128.load(x + i), means);
    squares = madd(centred, centred, squares);
  }
  let variance = sumF32(squares);
  for (; i < end; i += 4) variance += (load<f32>(x + i) - mean) * (load<f32>(x + i) - mean);
  const scale: f32 = 1 / sqrt<f32>(variance / <f32>width + epsilon);
  const scales = f32x4.splat(scale);
  for (i = 0; i < vectorEnd; i += 16) {
    const normal = f32x4.mul(f32x4.sub(v128.load(x + i), means), scales);
    v128.store(out + i, f32x4.mul(normal, v128.load(weight + i)));
  }
  for (; i < end; i += 4) store<f32>(out + i, (load<f32>(x + i) - mean) * scale * load<f32>(weight + i));
}
