// Tiny shapes for tests: a shape for every architecture, with every special feature of the architecture's graph.
import { denseShapes } from './dense.ts';
import { hybridShapes } from './hybrids.ts';
import { mixtureShapes } from './mixtures.ts';

/**
 * Shapes by name: `tiny` and `tiny-experts`, then `tiny-ARCHITECTURE`, and `tiny-ARCHITECTURE-experts` if the architecture has
 * models with and without experts.
 */
export const tinyShapes = { ...denseShapes, ...mixtureShapes, ...hybridShapes } as const;
