// Cosines and sines of a batch's positions, in double precision, worked out once for all layers of a pass. For those who
// write a backend.
import type { Rope, Span } from './backend.ts';

const tables = new WeakMap<readonly Span[], { rope: Rope; places: string; table: Float32Array }>();

/** For each row of the batch, dimensions / 2 pairs (cosine, sine). */
export function ropeTable(spans: readonly Span[], rope: Rope): Float32Array {
  const known = tables.get(spans);
  // Spans keep their identity when their positions move on.
  const places = spans.map(({ position, tokens }) => `${position} ${tokens}`).join();
  if (known?.rope === rope && known.places === places) return known.table;
  const { dimensions, base, scale, factors } = rope;
  const rows = spans.reduce((sum, { tokens }) => sum + tokens, 0);
  const table = new Float32Array(rows * dimensions);
  let at = 0;
  for (const { position, tokens } of spans) {
    for (let row = 0; row < tokens; row++) {
      for (let pair = 0; pair < dimensions / 2; pair++) {
        const frequency = base ** ((-2 * pair) / dimensions) / (factors?.[pair] ?? 1);
        const angle = (position + row) * scale * frequency;
        table[at++] = Math.cos(angle);
        table[at++] = Math.sin(angle);
      }
    }
  }
  tables.set(spans, { rope, places, table });
  return table;
}
