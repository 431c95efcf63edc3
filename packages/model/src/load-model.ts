// Loads a model: opens the engine, and puts it behind the interface `Model`.
import { mtpLayerOf } from '@rondo/architectures';
import { beladyHits } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import { boundOf } from './engine/bottleneck.ts';
import { parseBytes } from './memory/amounts.ts';
import { createChat } from './conversation/chat.ts';
import { checkGenerateOptions } from './generation/generate-options.ts';
import { checkPrompt } from './common/check-arguments.ts';
import { createChatTemplate } from './conversation/templates/index.ts';
import { openEngine, type Engine } from './engine/open-engine.ts';
import { createConstrain } from './generation/constraints/output-grammar.ts';
import { fillInPrompt, type FillIn } from './generation/fill-in.ts';
import { generate, type ConversationContext } from './generation/generate.ts';
import type { GenerationPart } from './generation/generation-part.ts';
import type { GenerateOptions } from './generation/generate-options.ts';
import type { LoadOptions } from './engine/load-options.ts';
import { releasedWhenForgotten } from './common/forgotten.ts';
import type { Model } from './model.ts';
import type { ModelSource } from './engine/open-files.ts';
import { preload } from './weights/preload.ts';
import { createUndoList, type UndoList } from './common/undo-list.ts';

/**
 * Loads a GGUF model from a path, an address, `demo`, a URL, a blob, bytes or sources: see `ModelSource`. Weights that fit the
 * memory are read now; the other weights are read while the model runs. Sources that you give are yours to close.
 *
 * @throws RondoError the codes of `readShards`, `NOT_A_MODEL`, `UNUSED_TENSOR`, `UNSUPPORTED_ARCHITECTURE`,
 * `UNSUPPORTED_TOKENIZER`, `UNSUPPORTED`, `BAD_CONFIG`, `BAD_VOCABULARY`, `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`,
 * `BUDGET_TOO_SMALL`, `OUT_OF_MEMORY`; the signal's reason. Nothing stays open then
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  const undo = createUndoList();
  try {
    const engine = await openEngine(source, options, undo);
    engine.passes.onExperts = options.onExperts;
    await preload(engine.residency, options);
    return modelOver(engine, undo);
  } catch (error) {
    // An error of `undo.run` is dropped, because the first error says more.
    await undo.run().catch(() => {});
    throw error;
  }
}

function modelOver(engine: Engine, undo: UndoList): Model {
  const {
    gguf,
    config,
    tokenizer,
    memory,
    backend,
    policy,
    reads,
    residency,
    layers,
    passes,
    sessions,
    templates,
    warn,
  } = engine;
  const closed = new AbortController();
  const withClosing = (other: AbortSignal | undefined) =>
    // A value that is no signal is passed on: the check of the options refuses the value.
    other instanceof AbortSignal ? AbortSignal.any([other, closed.signal]) : (other ?? closed.signal);
  const createTemplate = (source: string) =>
    createChatTemplate(source, {
      bosToken: tokenText(tokenizer.bosId),
      eosToken: tokenText(tokenizer.eosId),
    });
  const tokenText = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  let disposed: Promise<void> | undefined;
  let replayed:
    | { readonly trace: readonly number[]; readonly length: number; budgetBytes: number; rate: number }
    | undefined;

  /**
   * The optimum's hit rate on the accesses so far. The accesses are replayed when the hit rate is read, and again only after
   * further accesses.
   */
  function optimumOf(budgetBytes: number): () => number {
    const { trace } = residency.cache;
    const { length } = trace;
    return () => {
      const isKnown =
        replayed?.trace === trace && replayed.length === length && replayed.budgetBytes === budgetBytes;
      if (!replayed || !isKnown) {
        const { hitRate } = beladyHits(trace.slice(0, length), residency.sizeOf, budgetBytes);
        replayed = { trace, length, budgetBytes, rate: hitRate };
      }
      return replayed.rate;
    };
  }

  const constrain = createConstrain({ tokenizer, vocabularySize: config.vocabularySize, warn });

  async function* generateFrom(
    prompt: string | readonly number[] | FillIn,
    given: GenerateOptions = {},
    conversation?: ConversationContext,
  ): AsyncGenerator<GenerationPart, void, undefined> {
    checkGenerateOptions(given);
    checkPrompt(prompt);
    const signal = withClosing(given.signal);
    const { contextTokens, batchTokens } = memory.budget;
    const limits = { mostTokens: contextTokens, signal };
    const ids =
      typeof prompt === 'string'
        ? Array.from(await tokenizer.encodeInSteps(prompt, limits))
        : 'prefix' in prompt
          ? await fillInPrompt(prompt, tokenizer, limits)
          : prompt;
    const { vocabularySize } = config;
    const hiddenWidth = mtpLayerOf(config) === undefined ? undefined : config.width;
    const context = {
      sessions,
      tokenizer,
      contextTokens,
      batchTokens,
      vocabularySize,
      hiddenWidth,
      conversation,
      constrain: await constrain(given),
    };
    yield* generate(context, ids, { ...given, signal });
  }

  const model: Model = {
    gguf,
    config,
    tokenizer,
    get budget() {
      return memory.budget;
    },
    backendDescription: backend.description,
    get streams() {
      return residency.streams;
    },
    layers,
    generate: (prompt, given) => releasedWhenForgotten(generateFrom(prompt, given)),
    createChat: (given = {}) =>
      createChat(
        {
          templates,
          createTemplate,
          tokenizer,
          contextTokens: () => memory.budget.contextTokens,
          warn,
          generate: (ids, given, isDone) => releasedWhenForgotten(generateFrom(ids, given, { isDone })),
        },
        given,
      ),
    async eachLogits(ids, from, onLogits, { signal: given } = {}) {
      const either = withClosing(given);
      const { session, release } = await sessions.acquire(ids, either);
      try {
        const request = { from: Math.max(0, from), best: undefined, onLogits, signal: either };
        await session.append(ids.slice(session.ids.length), request);
      } finally {
        release();
      }
    },
    stats() {
      const { accesses, hits, lateHits, misses, evictions, stallMs, bytes, peakBytes, budgetBytes } =
        residency.cache.stats;
      const optimum = optimumOf(budgetBytes);
      return {
        policy: policy.name,
        prefetch: residency.prefetcher.name,
        accesses,
        hits,
        lateHits,
        misses,
        evictions,
        bytesRead: reads.bytesRead,
        stallMs,
        hitRate: accesses > 0 ? hits / accesses : 0,
        get beladyHitRate() {
          return optimum();
        },
        residentWeightBytes: bytes,
        peakWeightBytes: peakBytes,
        experts: residency.expertCounts.stats,
        passes: passes.counts.passes,
        passMs: passes.counts.ms,
        readMs: reads.readMs,
        bound: boundOf(passes.counts.ms, stallMs, reads.readMs),
      };
    },
    resetStats() {
      residency.cache.resetStats();
      residency.expertCounts.reset();
      reads.reset();
      passes.counts.passes = 0;
      passes.counts.ms = 0;
    },
    async setMemoryBudget(amount) {
      await memory.grant(Math.min(parseBytes(amount), backend.maximumBytes));
    },
    dispose() {
      disposed ??= (async () => {
        closed.abort(new RondoError('CLOSED', 'The model was disposed of.'));
        // A pass under way ends before its memory is freed. A generation gets the error at its next step.
        await sessions.idle();
        await undo.run();
      })();
      return disposed;
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
  return model;
}
