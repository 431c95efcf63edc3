// One pass over the model: tokens in, logits out, the segments coming round in their order.
import type { Backend, KvCache, PersistentTensor } from '@rondo/tensor';
import type { Architecture, ModelConfig } from './architectures/architecture.ts';
import type { Budget } from './budget.ts';
import type { Embeddings } from './embeddings.ts';
import type { LoadedSegment, Residency } from './residency.ts';

/** The tokens of a pass: they follow what the cache holds up to `position`. */
export interface PassInput {
  readonly ids: readonly number[];
  readonly cache: KvCache;
  readonly position: number;
  /** From which of the tokens on logits are wanted; `ids.length` = none. */
  readonly logitsFrom: number;
  /** How many of the best logits of a token are wanted, as `Encoder.topK` gives them; undefined = all of them. */
  readonly best: number | undefined;
  /** Called with each block of logits, `[rows, vocabulary]` or `[rows, 2 * best]`, and the index of its first token. */
  onLogits(logits: Float32Array, firstToken: number): void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs passes of at most `batchTokens` tokens. */
export interface Forward {
  run(input: PassInput): Promise<void>;
  /** Makes its tensors anew, those it had being lost with their device. */
  renew(): void;
  dispose(): void;
}

/** What a pass works with. */
export interface ForwardOptions {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly backend: Backend;
  readonly budget: Budget;
  readonly embeddings: Embeddings;
  readonly residency: Residency;
  /** Called after each pass, when no segment is in use; the next pass waits for it. */
  readonly afterPass: (() => Promise<void>) | undefined;
}

/** The forward pass of a model. */
export function createForward(options: ForwardOptions): Forward {
  const { architecture, config, backend, budget, embeddings, residency, afterPass } = options;
  const allocate = () => ({
    hidden: backend.tensor([budget.batchTokens, config.width]),
    logits: backend.tensor([budget.logitRows, config.vocabularySize]),
  });
  let { hidden, logits } = allocate();
  let bestLogits: PersistentTensor | undefined;

  /** Room for that many of the best logits of each row: the same as long as the same number is asked for. */
  function roomForBest(best: number): PersistentTensor {
    if (bestLogits?.shape[1] === 2 * best) return bestLogits;
    bestLogits?.free();
    bestLogits = backend.tensor([budget.logitRows, 2 * best]);
    return bestLogits;
  }

  /** Brings segment `index` in and hands its weights to `use`; they stay until the work that `use` returns is done. */
  async function withSegment(
    index: number,
    work: Promise<void>[],
    signal: AbortSignal | undefined,
    use: (segment: LoadedSegment) => Promise<void>,
  ): Promise<void> {
    // What has been computed makes room first: so the policy may evict it, and reading ahead is the prefetcher's alone.
    // When everything stays, nothing waits: the backend has its queue filled.
    if (residency.streams) await work.at(-1);
    await residency.prefetcher.observe(index);
    const lease = await residency.cache.acquire(index, { signal });
    const done = use(lease.value).finally(() => lease.release());
    // A failure surfaces when the pass awaits its work; until then it must not count as unhandled.
    done.catch(() => {});
    work.push(done);
  }

  async function outputs(
    { weights }: LoadedSegment,
    { ids, logitsFrom, best, onLogits }: PassInput,
  ): Promise<void> {
    const into = best === undefined ? logits : roomForBest(best);
    for (let first = logitsFrom; first < ids.length; first += budget.logitRows) {
      const rows = Math.min(budget.logitRows, ids.length - first);
      const encoder = backend.encoder();
      const all = architecture.encodeOutput(config, encoder, weights, encoder.rows(hidden, first, rows));
      encoder.copy(best === undefined ? all : encoder.topK(all, best), into);
      await backend.submit(encoder);
      onLogits(await backend.read(into, rows), first);
    }
  }

  return {
    async run(input) {
      const { ids, cache, position, logitsFrom, signal } = input;
      const work: Promise<void>[] = [];
      const spans = [{ cache, position, tokens: ids.length }];
      signal?.throwIfAborted();
      try {
        await backend.write(hidden, await embeddings.read(ids, signal));
        for (let layer = 0; layer < config.layers; layer++) {
          await withSegment(layer, work, signal, ({ weights }) => {
            const encoder = backend.encoder();
            const x = encoder.rows(hidden, 0, ids.length);
            encoder.copy(architecture.encodeLayer(config, encoder, weights, x, { layer, spans }), hidden);
            return backend.submit(encoder);
          });
        }
        if (logitsFrom < ids.length)
          await withSegment(config.layers, work, signal, (segment) => outputs(segment, input));
      } finally {
        // Whatever happened: what was submitted is still running, on memory that must stay.
        await Promise.allSettled(work);
      }
      await Promise.all(work);
      await afterPass?.();
      signal?.throwIfAborted();
    },
    renew() {
      ({ hidden, logits } = allocate());
      bestLogits = undefined;
    },
    dispose() {
      hidden.free();
      logits.free();
      bestLogits?.free();
    },
  };
}
