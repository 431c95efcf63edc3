// Copies columns of each group of a row's columns to columns of the groups of another tensor.
import { parameter, takeChunk } from '../threads';

/** Parameters: x, out, rows, groups, columns of a group of x, first column, count, columns of a group of out, first column. */
export function columns(command: usize): void {
  const rows = parameter(command, 2);
  const groups = parameter(command, 3);
  const groupBytes = parameter(command, 4) * 4;
  const bytes = parameter(command, 6) * 4;
  const x = parameter(command, 0) + parameter(command, 5) * 4;
  const outGroupBytes = parameter(command, 7) * 4;
  const out = parameter(command, 1) + parameter(command, 8) * 4;
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    for (let group = row * groups; group < (row + 1) * groups; group++) {
      memory.copy(out + group * outGroupBytes, x + group * groupBytes, bytes);
    }
  }
}
