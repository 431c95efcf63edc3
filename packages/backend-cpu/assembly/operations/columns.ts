// Columns of each group of a row's columns, one group after the other.
import { parameter, takeChunk } from '../threads';

/** Parameters: x, out, rows, groups, group, start, count. */
export function columns(command: usize): void {
  const rows = parameter(command, 2);
  const groups = parameter(command, 3);
  const groupBytes = parameter(command, 4) * 4;
  const bytes = parameter(command, 6) * 4;
  const x = parameter(command, 0) + parameter(command, 5) * 4;
  const out = parameter(command, 1);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    for (let group = row * groups; group < (row + 1) * groups; group++) {
      memory.copy(out + group * bytes, x + group * groupBytes, bytes);
    }
  }
}
