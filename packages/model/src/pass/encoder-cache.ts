// What was noted for the last pass, for the next one: from token to token only positions move on, and where weights are.
import type { AttentionSpan, Backend, Encoder } from '@rondo/tensor';
import type { LoadedSegment } from '../weights/residency.ts';
import type { Stage } from '../weights/segments.ts';

/** Keeps the encoders of a pass. */
export interface EncoderCache {
  /** The spans of a pass: the very objects of the last one, moved on, where that was of the same caches and tokens. */
  spansOf(spans: readonly AttentionSpan[]): readonly AttentionSpan[];
  /**
   * The encoder of a stage in the pass whose spans were asked for last: that of the pass before where the spans and the
   * loaded weights are the same, else one that `note` fills.
   */
  encoderOf(stage: Stage, loaded: readonly LoadedSegment[], note: (encoder: Encoder) => void): Encoder;
  /** Forgets them, the tensors that they use being gone. */
  clear(): void;
}

/** Nothing noted yet. */
export function createEncoderCache(backend: Backend): EncoderCache {
  let last: { cache: AttentionSpan['cache']; position: number; readonly tokens: number }[] = [];
  const noted = new Map<Stage, { readonly loaded: readonly LoadedSegment[]; readonly encoder: Encoder }>();

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
    encoderOf(stage, loaded, note) {
      const known = noted.get(stage);
      if (known?.loaded.length === loaded.length && known.loaded.every((one, index) => one === loaded[index]))
        return known.encoder;
      const encoder = backend.encoder();
      note(encoder);
      noted.set(stage, { loaded, encoder });
      return encoder;
    },
    clear() {
      last = [];
      noted.clear();
    },
  };
}
