// Adds an MTP block to a shape.
import { u32 } from '@rondo/gguf';
import type { SynthShape } from './shape.ts';

/** The shape with a further block at the end that predicts the token after the next token: an MTP block. */
export function withMtpBlock(shape: SynthShape): SynthShape {
  return { ...shape, layers: shape.layers + 1, keys: { ...shape.keys, nextn_predict_layers: u32(1) } };
}
