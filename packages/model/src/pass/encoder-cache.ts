// Reuses the encoders of the previous pass: between two tokens only positions change.
import type { AttentionSpan, Backend, Encoder } from '@rondo/tensor';
import type { Stage } from '../weights/segments.ts';

/** Keeps the encoders of a pass. */
export interface EncoderCache {
  /**
   * The spans of a pass. If the last pass had the same caches and numbers of tokens: the span objects of that pass, with new
   * positions.
   */
  spansOf(spans: readonly AttentionSpan[]): readonly AttentionSpan[];
  /**
   * The encoder of some stages for the pass whose spans were asked for last. If these spans are the objects of the pass before:
   * the encoder that this pass had for the same array of stages. Otherwise: a new encoder, which `note` fills. A reused encoder
   * leases its weights anew.
   */
  encoderOf(stages: readonly Stage[], note: (encoder: Encoder) => void): Encoder;
  /** Forgets all encoders, after the tensors that they use were lost. */
  clear(): void;
}

/** An empty cache. */
export function createEncoderCache(backend: Backend): EncoderCache {
  let last: { cache: AttentionSpan['cache']; position: number; readonly tokens: number }[] = [];
  const noted = new Map<readonly Stage[], Encoder>();

  return {
    spansOf(spans) {
      const alike =
        last.length === spans.length &&
        spans.every(
          ({ cache, tokens }, index) => last[index]?.cache === cache && last[index].tokens === tokens,
        );
      if (!alike) {
        noted.clear();
        last = spans.map((span) => ({ ...span }));
      }
      for (const [index, span] of last.entries()) span.position = spans[index]?.position ?? 0;
      return last;
    },
    encoderOf(stages, note) {
      const known = noted.get(stages);
      if (known) return known;
      const encoder = backend.encoder();
      note(encoder);
      noted.set(stages, encoder);
      return encoder;
    },
    clear() {
      last = [];
      noted.clear();
    },
  };
}
