// Gathers rows of a tensor by their numbers, and adds rows to the rows of another tensor.
import { madd } from '../simd';
import { parameter, takeChunk } from '../threads';

/** Parameters: x, out, count, width, then `count` rows of x. */
export function getRows(command: usize): void {
  const x = parameter(command, 0);
  const out = parameter(command, 1);
  const count = parameter(command, 2);
  const bytes = parameter(command, 3) * 4;
  for (let i = takeChunk(command, 1); i < count; i = takeChunk(command, 1)) {
    memory.copy(out + i * bytes, x + parameter(command, 4 + i) * bytes, bytes);
  }
}

/** Parameters: addend, out, count, width, then `count` times a row of out, all of them different, and a float32 scale. */
export function scatterAdd(command: usize): void {
  const addend = parameter(command, 0);
  const out = parameter(command, 1);
  const count = parameter(command, 2);
  const bytes = parameter(command, 3) * 4;
  for (let i = takeChunk(command, 1); i < count; i = takeChunk(command, 1)) {
    const from = addend + i * bytes;
    const to = out + parameter(command, 4 + 2 * i) * bytes;
    const scale = v128.load32_splat(command + 16 + (5 + 2 * i) * 4);
    let j: u32 = 0;
    for (; j + 16 <= bytes; j += 16) v128.store(to + j, madd(scale, v128.load(from + j), v128.load(to + j)));
    for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(to + j) + f32x4.extract_lane(scale, 0) * load<f32>(from + j));
  }
}
