// Opens a model: reads the header, divides the memory, and puts source, cache, prefetcher and backend together.
import { cpu } from '@rondo/backend-cpu';
import { beladyHits, pinned, type CachePolicy } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import { findString, readGguf } from '@rondo/gguf';
import { async as asyncPrefetch, type PrefetchStrategy } from '@rondo/prefetch';
import { file, type ByteSource } from '@rondo/source';
import type { Backend } from '@rondo/tensor';
import { createTokenizer } from '@rondo/tokenizer';
import { architectureOf } from './architectures/index.ts';
import { kvCacheShape, planBudget } from './budget.ts';
import { parseBytes, type ByteAmount } from './bytes.ts';
import { createChat } from './chat.ts';
import { createChatTemplate } from './chat/index.ts';
import { countReads } from './count-reads.ts';
import { createEmbeddings } from './embeddings.ts';
import { createForward } from './forward.ts';
import { generate } from './generate.ts';
import { grantedMemory } from './granted-memory.ts';
import { createLayers } from './layers.ts';
import type { Model } from './model.ts';
import { createResidency, type Residency } from './residency.ts';
import { segmentsOf } from './segments.ts';
import { createSequence } from './sequence.ts';
import { vocabularyOf } from './vocabulary.ts';

/** How far loading is: `loaded` of `total` bytes. */
export interface LoadProgress {
  readonly phase: 'header' | 'weights';
  readonly loaded: number;
  readonly total: number;
}

/** How to load a model. Everything has a default. */
export interface LoadOptions {
  /**
   * Memory that the model may use beyond the bare runtime, for weights, keys and values and activations together: bytes,
   * or a text such as `2GiB`. Default `'auto'`: four fifths of what the system says is available.
   */
  readonly memory?: ByteAmount | 'auto' | undefined;
  /** Positions of the context. Default: what the model was trained for, at most 4,096 and at most half of the memory. */
  readonly context?: number | undefined;
  /**
   * What computes. Default `cpu()`. A promise, as `cpu()` gives, is the model's own and disposed of with it; a backend
   * that you have awaited is yours, and may serve several models.
   */
  readonly backend?: Backend | Promise<Backend> | undefined;
  /** Which weights leave when there is no room. An object of its own for each model. Default `pinned()`. */
  readonly cache?: CachePolicy<number> | undefined;
  /** Which weights are read ahead. Default `async()`. */
  readonly prefetch?: PrefetchStrategy | undefined;
  /** Called while the header and then the weights that stay are read. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a GGUF model from a path or a source. Weights that fit the memory are read now; the others come round while the
 * model runs. A source that you give is yours to close.
 *
 * @throws RondoError the codes of `readGguf`, `UNSUPPORTED_ARCHITECTURE`, `UNSUPPORTED_TOKENIZER`, `UNSUPPORTED`,
 * `BAD_CONFIG`, `BAD_VOCABULARY`, `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `BUDGET_TOO_SMALL`, `OUT_OF_MEMORY`; the signal's
 * reason. Nothing stays open then.
 */
export async function loadModel(source: string | ByteSource, options: LoadOptions = {}): Promise<Model> {
  await using undo = new AsyncDisposableStack();
  const { signal } = options;
  // Taken over first, so that it is disposed of whatever fails.
  const givenBackend = options.backend;
  if (givenBackend instanceof Promise)
    undo.defer(() =>
      givenBackend.then(
        (backend) => backend.dispose(),
        () => {},
      ),
    );
  const opened = typeof source === 'string' ? await file(source) : source;
  if (typeof source === 'string') undo.defer(() => opened.close());
  const reads = countReads(opened);

  options.onProgress?.({ phase: 'header', loaded: 0, total: opened.size });
  const gguf = await readGguf(reads, { signal });
  const architecture = architectureOf(gguf);
  const config = architecture.readConfig(gguf);
  const segments = segmentsOf(gguf, architecture, config);
  const tokenizer = createTokenizer(vocabularyOf(gguf));
  const embeddings = createEmbeddings(gguf, config, reads);
  const template = findString(gguf, 'tokenizer.chat_template');
  checkContext(options.context);

  const backend = await (givenBackend ?? cpu());
  if (!givenBackend) undo.defer(() => backend.dispose());
  const { memory = 'auto' } = options;
  const budget = planBudget({
    backend,
    architecture,
    config,
    segments,
    alignment: reads.alignment,
    totalBytes: memory === 'auto' ? grantedMemory() : parseBytes(memory),
    contextTokens: options.context,
  });
  const kvCache = backend.kvCache(kvCacheShape(config, budget.contextTokens));
  undo.defer(() => kvCache.free());
  const policy = options.cache ?? pinned<number>();
  const residency = createResidency({
    segments,
    source: reads,
    backend,
    budgetBytes: Math.min(budget.weightBytes, budget.allWeightBytes),
    policy,
    prefetch: options.prefetch ?? asyncPrefetch(),
  });
  undo.defer(() => residency.dispose());
  const layers = createLayers(residency, budget.weightBytes);
  undo.defer(() => layers.releaseAll());
  const forward = createForward({ architecture, config, backend, budget, embeddings, residency });
  undo.defer(() => forward.dispose());
  const sequence = createSequence(forward, kvCache, budget, config.vocabularySize);
  await preload(residency, budget.allWeightBytes, options);

  const closed = new AbortController();
  const opening = undo.move();
  const withClosing = (other: AbortSignal | undefined) =>
    other ? AbortSignal.any([other, closed.signal]) : closed.signal;
  const chatTemplate = () =>
    template === undefined
      ? undefined
      : createChatTemplate(template, {
          bosToken: tokenText(tokenizer.bosId),
          eosToken: tokenText(tokenizer.eosId),
          hasControlToken: (text) =>
            tokenizer.encode(text, { special: true, addBos: false }).some(tokenizer.isControl),
        });
  const tokenText = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  let disposed: Promise<void> | undefined;

  const model: Model = {
    gguf,
    config,
    tokenizer,
    budget,
    backendDescription: backend.description,
    get streams() {
      return residency.streams;
    },
    layers,
    generate(prompt, given = {}) {
      const ids = typeof prompt === 'string' ? [...tokenizer.encode(prompt)] : prompt;
      const context = { sequence, tokenizer, contextTokens: budget.contextTokens };
      return generate(context, ids, { ...given, signal: withClosing(given.signal) });
    },
    createChat: ({ system } = {}) =>
      createChat(
        { template: chatTemplate(), tokenizer, generate: (ids, given) => model.generate(ids, given) },
        system,
      ),
    async eachLogits(ids, from, onLogits, { signal: given } = {}) {
      const either = withClosing(given);
      const unlock = await sequence.lock(either);
      try {
        await sequence.eachLogits(ids, from, onLogits, either);
      } finally {
        unlock();
      }
    },
    stats() {
      const { accesses, hits, lateHits, misses, evictions, stallMs, bytes, peakBytes, budgetBytes } =
        residency.cache.stats;
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
        beladyHitRate: beladyHits(residency.cache.trace, residency.sizeOf, budgetBytes).hitRate,
        residentWeightBytes: bytes,
        peakWeightBytes: peakBytes,
      };
    },
    resetStats() {
      residency.cache.resetStats();
      reads.reset();
    },
    dispose() {
      disposed ??= (async () => {
        closed.abort(new RondoError('CLOSED', 'The model was disposed of.'));
        // A pass under way ends before its memory goes; whoever runs the model gets the error at the next step.
        await sequence.idle();
        await opening.disposeAsync();
      })();
      return disposed;
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
  return model;
}

function checkContext(context: number | undefined): void {
  if (context === undefined || (Number.isInteger(context) && context >= 1)) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    `context must be a whole number of tokens, at least 1, not ${context}.`,
  );
}

/** Reads what fits, in the order in which it will be needed. */
async function preload(
  { cache, segments, sizeOf }: Residency,
  total: number,
  { signal, onProgress }: LoadOptions,
): Promise<void> {
  let loaded = 0;
  for (let index = 0; index < segments.length; index++) {
    onProgress?.({ phase: 'weights', loaded, total });
    if ((await cache.prefetch(index, { signal })) === 'refused') break;
    loaded += sizeOf(index);
  }
  signal?.throwIfAborted();
  onProgress?.({ phase: 'weights', loaded, total });
}
