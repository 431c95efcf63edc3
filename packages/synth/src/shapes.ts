// The named shapes: shapes of well-known models, and tiny shapes of every architecture.
import { publishedShapes } from './published/index.ts';
import { tinyShapes } from './tiny/index.ts';

/** Shapes by name: `tiny` and `tiny-…` are for tests. The other shapes are from the models' published configurations. */
export const synthShapes = { ...tinyShapes, ...publishedShapes };

/** A name of {@link synthShapes}. */
export type SynthShapeName = keyof typeof synthShapes;
