// x / sqrt(mean(x²) + epsilon) * weight, a row at a time; without a weight, whose address is 0 then, nothing is multiplied.
import { madd, sumF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';

/** Parameters: x, weight, out, rows, width, epsilon. */
export function rmsNorm(command: usize): void {
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
  let squares = f32x4.splat(0);
  let i: u32 = 0;
  for (; i < vectorEnd; i += 16) {
    const v = v128.load(x + i);
    squares = madd(v, v, squares);
  }
  let sum = sumF32(squares);
  for (; i < end; i += 4) sum += load<f32>(x + i) * load<f32>(x + i);
  const scale: f32 = 1 / sqrt<f32>(sum / <f32>width + epsilon);
  const scales = f32x4.splat(scale);
  for (i = 0; i < vectorEnd; i += 16) {
    const scaled = f32x4.mul(v128.load(x + i), scales);
    v128.store(out + i, weight ? f32x4.mul(scaled, v128.load(weight + i)) : scaled);
  }
  for (; i < end; i += 4) {
    const scaled = load<f32>(x + i) * scale;
    store<f32>(out + i, weight ? scaled * load<f32>(weight + i) : scaled);
  }
}
