// Groups of layers that are submitted together.
import type { Stage } from '../weights/segments.ts';

/** Consecutive layers of a model. */
export interface LayerGroup {
  /** The index of the first layer. */
  readonly first: number;
  readonly stages: readonly Stage[];
}

/**
 * Cuts layers into groups of at most `most` layers. A layer with experts ends its group: the host chooses the experts after the
 * layer has been computed.
 */
export function groupLayers(layers: readonly Stage[], most: number): LayerGroup[] {
  const groups: LayerGroup[] = [];
  let first = 0;
  for (const [layer, { experts }] of layers.entries()) {
    const end = layer + 1;
    if (end - first < most && experts.length === 0 && end < layers.length) continue;
    groups.push({ first, stages: layers.slice(first, end) });
    first = end;
  }
  return groups;
}
