// The largest values of each row, and their columns.
import { parameter, takeChunk } from '../threads';

/** Parameters: x, out, rows, width, count. A row of the result is `count` values, then as many columns. */
export function topK(command: usize): void {
  const x = parameter(command, 0);
  const out = parameter(command, 1);
  const rows = parameter(command, 2);
  const width = parameter(command, 3);
  const count = parameter(command, 4);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    topKOfRow(x + row * width * 4, out + row * count * 8, width, count);
  }
}

/** Keeps the largest values so far in order, and inserts each larger value at its place. */
function topKOfRow(x: usize, values: usize, width: u32, count: u32): void {
  const columns = values + count * 4;
  let kept: u32 = 0;
  for (let column: u32 = 0; column < width; column++) {
    const value = load<f32>(x + column * 4);
    if (kept == count && !comesBefore(value, load<f32>(values + (kept - 1) * 4))) continue;
    let place = kept < count ? kept++ : kept - 1;
    for (; place > 0 && comesBefore(value, load<f32>(values + (place - 1) * 4)); place--) {
      store<f32>(values + place * 4, load<f32>(values + (place - 1) * 4));
      store<f32>(columns + place * 4, load<f32>(columns + (place - 1) * 4));
    }
    store<f32>(values + place * 4, value);
    store<f32>(columns + place * 4, <f32>column);
  }
}

/** Whether `value` ranks above a value further left. NaN ranks above all numbers. */
// @ts-ignore: decorator
@inline
function comesBefore(value: f32, other: f32): bool {
  return value > other || (value != value && other == other);
}
