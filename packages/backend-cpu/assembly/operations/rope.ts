// Rotary position embedding from a table of cosines and sines that the host has computed for the batch's rows.
import { parameter, takeChunk } from '../threads';

/** Parameters: x, out, rows, heads, headSize, dimensions, halves, then rows * dimensions / 2 pairs (cos, sin). */
export function rope(command: usize): void {
  const x = parameter(command, 0);
  const out = parameter(command, 1);
  const rows = parameter(command, 2);
  const heads = parameter(command, 3);
  const headBytes = parameter(command, 4) * 4;
  const dimensions = parameter(command, 5);
  const halves = parameter(command, 6) != 0;
  const table = command + 16 + 7 * 4;
  const stride: usize = halves ? dimensions * 2 : 4;
  const step: usize = halves ? 4 : 8;
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    const angles = table + row * dimensions * 4;
    for (let head: u32 = 0; head < heads; head++) {
      const offset = (row * heads + head) * headBytes;
      let from = x + offset;
      let to = out + offset;
      const end = from + headBytes;
      for (let i: usize = 0; i < dimensions * 4; i += 8) {
        const cosine = load<f32>(angles + i);
        const sine = load<f32>(angles + i + 4);
        const a = load<f32>(from);
        const b = load<f32>(from + stride);
        store<f32>(to, a * cosine - b * sine);
        store<f32>(to + stride, a * sine + b * cosine);
        from += step;
        to += step;
      }
      const rotated = x + offset + dimensions * 4;
      memory.copy(out + offset + dimensions * 4, rotated, end - rotated);
    }
  }
}
