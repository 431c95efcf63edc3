// Turns a prompt into a stream of text: reading, sampling and decoding are repeated until the text ends.
import type { Tokenizer } from '@rondo/tokenizer';
import { checkGenerateOptions } from './generate-options.ts';
import { checkMade } from '../common/check-arguments.ts';
import type { TokenConstraint } from './constraints/token-constraint.ts';
import { createDecoding } from './decoding.ts';
import type { FinishReason, GenerationPart, GenerationTimings } from './generation-part.ts';
import type { GenerateOptions } from './generate-options.ts';
import { logprobsOf } from './logprobs.ts';
import { createSampler, samplingVocabularyOf } from './sampling/index.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionPool } from '../sessions/session-pool.ts';
import { createSpeculator, type Predictor } from './speculation/index.ts';
import { createStopWatch, stopTextsOf } from './stop-texts.ts';

/** The objects that a generation needs. */
export interface GenerateContext {
  readonly sessions: SessionPool;
  readonly tokenizer: Tokenizer;
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly vocabularySize: number;
  /** Number of values of the rows that the MTP block takes; undefined if no MTP block was loaded. */
  readonly hiddenWidth: number | undefined;
  /** Creates the constraint of the text; default: any token may come. */
  readonly constrain?: (() => TokenConstraint) | undefined;
  /** Set if the generation is a part of a conversation. The texts of control tokens are then part of `text`. */
  readonly conversation?: ConversationContext | undefined;
}

/** What a conversation needs of its generations. */
export interface ConversationContext {
  /** Whether the generation ends after the part that was yielded last, with the reason `stop`. */
  readonly isDone: () => boolean;
}

/**
 * Continues `prompt`. The text has a session from the first step until the iteration ends, however the iteration ends.
 *
 * @throws RondoError `BAD_ARGUMENT`, `CONTEXT_FULL`, `NON_FINITE_LOGITS`; what loading throws; the signal's reason
 */
export async function* generate(
  context: GenerateContext,
  prompt: readonly number[],
  options: GenerateOptions = {},
): AsyncGenerator<GenerationPart, void, undefined> {
  const { sessions, tokenizer, contextTokens, batchTokens, vocabularySize, hiddenWidth } = context;
  const { constrain, conversation } = context;
  const { maxTokens = Number.POSITIVE_INFINITY, signal, onPrefill, logprobs } = options;
  const promptTokenIds = [...prompt];
  checkGenerateOptions(options);
  const sampler = createSampler(options, samplingVocabularyOf(tokenizer));
  const stops = createStopWatch(stopTextsOf(options.stop));
  const decoder = tokenizer.decoder();
  const { session, release } = await sessions.acquire(promptTokenIds, signal);
  try {
    const predictor = hiddenWidth === undefined ? undefined : predictorOf(session, hiddenWidth, batchTokens);
    const drafter = options.speculate?.(tokenizer, predictor);
    if (options.speculate) checkMade('speculate', drafter, ['propose'], 'promptLookup()');
    const speculator = drafter && createSpeculator(drafter, sessions.costs, batchTokens);
    const startMs = performance.now();
    const tokenMs: number[] = [];
    let reason: FinishReason = 'length';
    let prefillMs = 0;
    let firstTokenMs = 0;
    let lastMs = startMs;
    const mostTokens = Math.min(promptTokenIds.length + maxTokens, contextTokens);
    const constraint = constrain?.();
    const decoding = createDecoding({
      session,
      sampler,
      speculator,
      prompt: promptTokenIds,
      mostTokens,
      vocabularySize,
      signal,
      constraint,
      wholeRows: logprobs !== undefined,
    });
    const { ids } = decoding;
    while (ids.length - promptTokenIds.length < maxTokens) {
      const first = ids.length === promptTokenIds.length;
      await decoding.read(first ? onPrefill : undefined);
      if (first) prefillMs = performance.now() - startMs;
      const id = decoding.choose();
      const nowMs = performance.now();
      if (first) firstTokenMs = nowMs - startMs;
      else tokenMs.push(nowMs - lastMs);
      lastMs = nowMs;
      if (tokenizer.isEndOfGeneration(id)) {
        reason = 'end';
        break;
      }
      const likely =
        logprobs === undefined ? undefined : logprobsOf(decoding.logits, id, logprobs, tokenizer);
      decoding.accept(id);
      const control = tokenizer.isControl(id) ? (tokenizer.tokenText(id) ?? '') : '';
      // A conversation reads control tokens, which tell reasoning, calls and answer apart.
      const text = conversation
        ? stops.push(decoder.push(id) + control)
        : stops.push(decoder.push(id), control);
      const part = { type: 'text', text, tokenId: id } as const;
      yield likely ? { ...part, logprobs: likely } : part;
      if (stops.stopped || conversation?.isDone()) {
        reason = 'stop';
        break;
      }
      if (constraint?.isFinished) {
        reason = 'end';
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
    const tokenIds = ids.slice(promptTokenIds.length);
    const { passes } = decoding;
    const speculation = speculator && {
      proposed: speculator.proposed,
      accepted: speculator.accepted,
      passes,
      tokensPerPass: passes > 0 ? tokenIds.length / passes : 0,
    };
    const rest = stops.stopped ? '' : stops.push(decoder.end()) + stops.end();
    if (rest !== '') yield { type: 'text', text: rest };
    const usage = {
      promptTokens: promptTokenIds.length,
      generatedTokens: tokenIds.length,
      reasoningTokens: 0,
    };
    yield { type: 'usage', text: '', ...usage };
    const summary = { reason, promptTokenIds, tokenIds, timings, speculation };
    yield { type: 'finish', text: '', reason, timings, summary };
  } finally {
    release();
  }
}

function predictorOf(session: Session, width: number, mostPairs: number): Predictor {
  return { width, mostPairs, predict: (pairs) => session.predict(pairs) };
}

function perSecond(count: number, ms: number): number {
  return ms > 0 ? (count * 1000) / ms : 0;
}
