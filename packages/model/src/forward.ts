// One pass over the model: tokens in, logits out, the segments coming round in their order.
import type { Backend, Encoder, KvCache, LeaseWeight, PersistentTensor, Weight } from '@rondo/tensor';
import type { Architecture, ModelConfig, Weights } from './architectures/architecture.ts';
import type { Budget } from './budget.ts';
import type { Embeddings } from './embeddings.ts';
import { createExperts } from './experts.ts';
import { createLender, type Lender } from './lender.ts';
import { createNotedPasses } from './noted-passes.ts';
import type { LoadedSegment, Residency } from './residency.ts';
import type { Part } from './segments.ts';

/** The tokens of one sequence in a pass: they follow what its cache holds up to `position`. */
export interface PassSequence {
  readonly ids: readonly number[];
  readonly cache: KvCache;
  readonly position: number;
  /** From which of the tokens on logits are wanted; `ids.length` = none. */
  readonly logitsFrom: number;
  /** How many of the best logits of a token are wanted, as `Encoder.topK` gives them; undefined = all of them. */
  readonly best: number | undefined;
  /** Called with the logits of each token wanted, `[vocabulary]` or `[2 * best]`, in order; `token` is its index in `ids`. */
  onLogits(logits: Float32Array, token: number): void;
}

/** What a pass serves: sequences with caches of their own, of `batchTokens` tokens at most together. */
export interface PassInput {
  readonly sequences: readonly PassSequence[];
  readonly signal?: AbortSignal | undefined;
}

/** How many passes there were, and how long they took together. */
export interface PassCounts {
  passes: number;
  ms: number;
}

/** Runs passes of at most `batchTokens` tokens. */
export interface Forward {
  run(input: PassInput): Promise<void>;
  /** Of passes that succeeded; whoever reads them may set them to 0. */
  readonly counts: PassCounts;
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
  /** Makes room in a cache for so many positions, before a pass. */
  readonly reserve: (cache: KvCache, positions: number) => Promise<void>;
  /** Called after each pass, when no segment is in use; the next pass waits for it. */
  readonly afterPass: (() => Promise<void>) | undefined;
}

/** The forward pass of a model. */
export function createForward(options: ForwardOptions): Forward {
  const { architecture, config, backend, budget, embeddings, residency, reserve, afterPass } = options;
  const allocate = () => ({
    hidden: backend.tensor([budget.batchTokens, config.width]),
    logits: backend.tensor([budget.logitRows, config.vocabularySize]),
  });
  let { hidden, logits } = allocate();
  let bestLogits: PersistentTensor | undefined;
  const noted = createNotedPasses(backend);
  const experts =
    architecture.experts && createExperts(architecture.experts, config, backend, budget.batchTokens);

  /** Room for that many of the best logits of each row: the same as long as the same number is asked for. */
  function roomForBest(best: number): PersistentTensor {
    if (bestLogits?.shape[1] === 2 * best) return bestLogits;
    bestLogits?.free();
    bestLogits = backend.tensor([budget.logitRows, 2 * best]);
    return bestLogits;
  }

  /** Has work encoded with the weights of segments and submitted: when all weights stay, with them, else each comes in its turn. */
  async function withSegments(
    segments: readonly number[],
    { lender, work, signal }: Pass,
    use: (loaded: readonly LoadedSegment[], submit: (encoder: Encoder) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const leases = residency.streams
      ? []
      : await Promise.all(segments.map((index) => residency.acquire(index, signal)));
    const loaded = leases.map(({ value }) => value);
    const leaseWeight: LeaseWeight | undefined = leases.length === 0 ? lender.lease : undefined;
    const done = use(loaded, (encoder) => backend.submit(encoder, leaseWeight)).finally(() => {
      for (const lease of leases) lease.release();
    });
    // A failure surfaces when the pass awaits its work; until then it must not count as unhandled.
    done.catch(() => {});
    work.push(done);
  }

  /** Works out the logits wanted and hands them out; the output's weights are read once for every `logitRows` of them. */
  async function outputs(
    weights: Weights<string>,
    submit: (encoder: Encoder) => Promise<void>,
    wanted: readonly WantedRow[],
  ): Promise<void> {
    for (let first = 0; first < wanted.length; first += budget.logitRows) {
      const some = wanted.slice(first, first + budget.logitRows);
      const whole = some.filter(({ best }) => best === undefined);
      const cut = some.filter(({ best }) => best !== undefined);
      const best = Math.max(0, ...cut.map((row) => row.best ?? 0));
      const into = cut.length > 0 ? roomForBest(best) : undefined;
      const encoder = backend.encoder();
      const x = encoder.getRows(
        hidden,
        [...whole, ...cut].map(({ row }) => row),
      );
      const all = architecture.encodeOutput(config, encoder, weights, x);
      if (whole.length > 0) encoder.copy(encoder.rows(all, 0, whole.length), logits);
      if (into) encoder.copy(encoder.topK(encoder.rows(all, whole.length, cut.length), best), into);
      const submitted = submit(encoder);
      const [values, bestValues] = await Promise.all([
        whole.length > 0 ? backend.read(logits, whole.length) : undefined,
        into && backend.read(into, cut.length),
        submitted,
      ]);
      if (values) {
        const width = config.vocabularySize;
        for (const [i, { tell }] of whole.entries()) tell(values.subarray(i * width, (i + 1) * width));
      }
      if (bestValues) {
        for (const [i, row] of cut.entries())
          row.tell(bestOf(bestValues.subarray(2 * i * best, 2 * (i + 1) * best), row.best ?? best));
      }
    }
  }

  const counts: PassCounts = { passes: 0, ms: 0 };
  return {
    counts,
    async run({ sequences, signal }) {
      const startMs = performance.now();
      for (const { cache, position, ids } of sequences) await reserve(cache, position + ids.length);
      const pass: Pass = { lender: createLender(residency, signal), work: [], signal };
      const ids = sequences.flatMap((sequence) => sequence.ids);
      const spans = noted.spansOf(
        sequences.map(({ cache, position, ids: { length: tokens } }) => ({ cache, position, tokens })),
      );
      const wanted = wantedRows(sequences);
      signal?.throwIfAborted();
      try {
        await backend.write(hidden, await embeddings.read(ids, signal));
        for (const [layer, block] of residency.blocks.entries()) {
          if (layer === config.layers && wanted.length === 0) break;
          await withSegments(block.segments, pass, (loaded, submit) => {
            if (layer === config.layers) return outputs(weightsOf(block, loaded), submit, wanted);
            return submit(
              noted.encoderOf(block, loaded, (encoder) => {
                const weights = weightsOf(block, loaded);
                const x = encoder.rows(hidden, 0, ids.length);
                const y = architecture.encodeLayer(config, encoder, weights, x, { layer, spans });
                experts?.encodeRouter(encoder, weights, y);
                encoder.copy(y, hidden);
              }),
            );
          });
          if (!experts || layer === config.layers) continue;
          const [chosen] = await Promise.all([experts.chosen(ids.length), ...pass.work]);
          residency.schedule.chosen(layer, chosen, ids.length);
          const parts = chosen.flatMap(({ expert }) => block.experts[expert] ?? []);
          const segments = parts.flatMap((part) => part.segments);
          await withSegments(segments, pass, (loaded, submit) => {
            const encoder = backend.encoder();
            const y = encoder.rows(hidden, 0, ids.length);
            const weights = parts.map((part) => weightsOf(part, loaded));
            encoder.copy(experts.encode(encoder, y, chosen, weights), hidden);
            return submit(encoder);
          });
        }
      } finally {
        // Whatever happened: what was submitted is still running, on memory that must stay.
        await Promise.allSettled(pass.work);
        pass.lender.end();
      }
      await Promise.all(pass.work);
      counts.passes += 1;
      counts.ms += performance.now() - startMs;
      await afterPass?.();
      signal?.throwIfAborted();
    },
    renew() {
      noted.clear();
      ({ hidden, logits } = allocate());
      bestLogits = undefined;
      experts?.renew();
    },
    dispose() {
      experts?.dispose();
      hidden.free();
      logits.free();
      bestLogits?.free();
    },
  };
}

/** What the parts of a pass share. */
interface Pass {
  readonly lender: Lender;
  /** Their work so far. */
  readonly work: Promise<void>[];
  readonly signal: AbortSignal | undefined;
}

/** The weights of a part: those of its segments where all stay; where none are given, as they are described, to be leased. */
export function weightsOf({ weights }: Part, segments: readonly LoadedSegment[]): Weights<string> {
  if (segments.length === 0) return weights;
  const loaded = new Map(segments.flatMap((segment) => [...segment.weights]));
  const one = (described: Weight): Weight =>
    loaded.get(described) ?? { ...described, parts: described.parts?.map(one) };
  return Object.fromEntries(Object.entries(weights).map(([role, weight]) => [role, one(weight)]));
}

/** A row of the batch whose logits are wanted, and by whom. */
interface WantedRow {
  readonly row: number;
  readonly best: number | undefined;
  readonly tell: (logits: Float32Array) => void;
}

function wantedRows(sequences: readonly PassSequence[]): WantedRow[] {
  const wanted: WantedRow[] = [];
  let start = 0;
  for (const { ids, logitsFrom, best, onLogits } of sequences) {
    for (let token = logitsFrom; token < ids.length; token++)
      wanted.push({ row: start + token, best, tell: (logits) => onLogits(logits, token) });
    start += ids.length;
  }
  return wanted;
}

/** The first `count` of what `Encoder.topK` gave for a row: of its values, and of their columns. */
function bestOf(row: Float32Array, count: number): Float32Array {
  const given = row.length / 2;
  if (count === given) return row;
  return Float32Array.of(...row.subarray(0, count), ...row.subarray(given, given + count));
}
