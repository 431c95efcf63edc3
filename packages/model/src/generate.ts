// Turns a prompt into a stream of text: read, sample, decode, again, until something ends it.
import { RondoError } from '@rondo/errors';
import type { Tokenizer } from '@rondo/tokenizer';
import { createSampler, type Sampler, type SamplerOptions } from './sampling/index.ts';
import type { Sequences } from './sequences.ts';
import { createStopWatch } from './stop-texts.ts';

/** How to generate. */
export interface GenerateOptions extends SamplerOptions {
  /** Tokens at most. Default: until the model ends or the context is full. */
  readonly maxTokens?: number | undefined;
  /** Texts that end the generation; they are not part of the result. */
  readonly stop?: readonly string[] | undefined;
  /** Cancels, also reads in flight; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called while the prompt is read. */
  readonly onPrefill?: ((readTokens: number, ofTokens: number) => void) | undefined;
}

/** Why a generation ended: its length, the model's own end, a stop text, or no room in the context. */
export type FinishReason = 'length' | 'end' | 'stop' | 'context';

/** Times of one generation in milliseconds. */
export interface GenerationTimings {
  /** From the start until the prompt was read. */
  readonly prefillMs: number;
  /** From the start until the first token was known. */
  readonly firstTokenMs: number;
  /** All tokens after the first. */
  readonly decodeMs: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Each token after the first. */
  readonly tokenMs: readonly number[];
}

/** What a generation came to. */
export interface GenerationSummary {
  readonly reason: FinishReason;
  readonly promptTokenIds: readonly number[];
  /** Without the token that ended the text. */
  readonly tokenIds: readonly number[];
  readonly timings: GenerationTimings;
}

/** A piece of generated text. */
export interface GenerationPart {
  /** May be empty: a character can take several tokens, and what could be the start of a stop text is held back. */
  readonly text: string;
  /** The token that it came with; absent in the last part. */
  readonly tokenId?: number;
  /** In the last part only. */
  readonly summary?: GenerationSummary;
}

/** What generation works with. */
export interface GenerateContext {
  readonly sequences: Sequences;
  readonly tokenizer: Tokenizer;
  readonly contextTokens: number;
  readonly vocabularySize: number;
}

/** The most logits that a backend is asked to sort out; of more, it hands out all. */
const MOST_CANDIDATES = 128;

/**
 * Continues `prompt`. It has a sequence from the first step until the iteration ends, however it ends.
 *
 * @throws RondoError `BAD_ARGUMENT`, `CONTEXT_FULL`, `NON_FINITE_LOGITS`; what loading throws; the signal's reason
 */
export async function* generate(
  { sequences, tokenizer, contextTokens, vocabularySize }: GenerateContext,
  prompt: readonly number[],
  options: GenerateOptions = {},
): AsyncGenerator<GenerationPart, void, undefined> {
  const { maxTokens = Number.POSITIVE_INFINITY, signal, onPrefill } = options;
  const promptTokenIds = [...prompt];
  if (!(maxTokens >= 0))
    throw new RondoError('BAD_ARGUMENT', `maxTokens must be 0 or more, not ${maxTokens}.`);
  const sampler = createSampler(options);
  const best = candidatesOf(sampler, vocabularySize);
  const stops = createStopWatch(options.stop ?? []);
  const decoder = tokenizer.decoder();
  const sequence = await sequences.acquire(promptTokenIds, signal);
  try {
    const startMs = performance.now();
    const ids = [...promptTokenIds];
    const tokenMs: number[] = [];
    let reason: FinishReason = 'length';
    let prefillMs = 0;
    let firstTokenMs = 0;
    let lastMs = startMs;
    for (const id of promptTokenIds) sampler.accept(id);
    while (ids.length - promptTokenIds.length < maxTokens) {
      const first = ids.length === promptTokenIds.length;
      let logits: Float32Array = new Float32Array();
      await sequence.read(ids, {
        from: ids.length - 1,
        best,
        onLogits: (row) => (logits = row),
        onProgress: first ? onPrefill : undefined,
        signal,
      });
      if (first) prefillMs = performance.now() - startMs;
      const id = best === undefined ? sampler.sample(logits) : sampler.sampleBest(logits);
      const nowMs = performance.now();
      if (first) firstTokenMs = nowMs - startMs;
      else tokenMs.push(nowMs - lastMs);
      lastMs = nowMs;
      if (tokenizer.isEndOfGeneration(id)) {
        reason = 'end';
        break;
      }
      sampler.accept(id);
      ids.push(id);
      const text = stops.push(decoder.push(id));
      yield { text, tokenId: id };
      if (stops.stopped) {
        reason = 'stop';
        break;
      }
      if (ids.length >= contextTokens) {
        reason = 'context';
        break;
      }
    }
    const decodeMs = tokenMs.reduce((sum, ms) => sum + ms, 0);
    const timings: GenerationTimings = {
      prefillMs,
      firstTokenMs,
      decodeMs,
      prefillTokensPerSecond: perSecond(promptTokenIds.length, prefillMs),
      decodeTokensPerSecond: perSecond(tokenMs.length, decodeMs),
      tokenMs,
    };
    yield {
      text: stops.stopped ? '' : stops.push(decoder.end()) + stops.end(),
      summary: { reason, promptTokenIds, tokenIds: ids.slice(promptTokenIds.length), timings },
    };
  } finally {
    sequence.release();
  }
}

/** How many of the best logits the backend is asked for: where a few are enough, the others need not leave it. */
function candidatesOf({ candidates }: Sampler, vocabularySize: number): number | undefined {
  if (candidates === undefined || candidates > MOST_CANDIDATES) return undefined;
  return Math.min(candidates, vocabularySize);
}

function perSecond(count: number, ms: number): number {
  return ms > 0 ? (count * 1000) / ms : 0;
}
