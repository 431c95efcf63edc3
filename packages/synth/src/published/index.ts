// The shapes of well-known models, one file for each family.
import { gemmaShapes } from './gemma.ts';
import { hybridShapes } from './hybrids.ts';
import { llamaShapes } from './llama.ts';
import { mixtureShapes } from './mixtures.ts';
import { otherShapes } from './others.ts';
import { qwenShapes } from './qwen.ts';

/** Shapes by name. */
export const publishedShapes = {
  ...llamaShapes,
  ...qwenShapes,
  ...gemmaShapes,
  ...hybridShapes,
  ...mixtureShapes,
  ...otherShapes,
} as const;
