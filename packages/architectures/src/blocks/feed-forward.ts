// The gated feed-forward network.
import type { Encoder, Tensor } from '@rondo/tensor';
import type { Weights } from '../architecture.ts';

/** The weights of a gated feed-forward network. */
export type FeedForwardRole = 'gate' | 'up' | 'down';

/** SwiGLU, Shazeer 2020, arXiv:2002.05202. */
export function encodeFeedForward(e: Encoder, w: Weights<FeedForwardRole>, g: Tensor): Tensor {
  return e.matmul(w.down, e.gated(e.matmul(w.gate, g), e.matmul(w.up, g), 'silu'));
}
