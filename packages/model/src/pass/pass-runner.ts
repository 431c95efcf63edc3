// One pass over the model, from tokens to logits. The pass goes through the segments in their order.
import type { Architecture, LayerPlace, ModelConfig } from '@rondo/architectures';
import type { ExpertRecord } from '@rondo/cache';
import { RondoError } from '@rondo/errors';
import type { Backend, Encoder, KvCache, LeaseWeight } from '@rondo/tensor';
import type { Budget } from '../memory/budget.ts';
import type { EmbeddingRows } from './embedding-rows.ts';
import { encodeLayer, encodeLogits } from './encode-pass.ts';
import { computingOrder, createExperts, expertsOfRows, type Experts } from './expert-routing.ts';
import { createWeightLeases, type WeightLeases } from './weight-leases.ts';
import { createBatchInputs } from './layer-inputs.ts';
import { createEncoderCache } from './encoder-cache.ts';
import { groupLayers, type LayerGroup } from './layer-groups.ts';
import { createMtpTensors } from './mtp-tensors.ts';
import { createPassOutputs } from './pass-outputs.ts';
import {
  cutInBatches,
  placedTokens,
  wantedHidden,
  wantedRows,
  type Batch,
  type PassSequence,
} from './batches.ts';
import { runPass, type PassScope } from './pass-scope.ts';
import type { ProfileSink } from '../profile/profile-event.ts';
import { timed } from '../profile/recorder.ts';
import type { LoadedSegment, Residency } from '../weights/residency.ts';
import type { Stage } from '../weights/segments.ts';
import { unlessAborted } from '../common/unless-aborted.ts';

/** The input of a pass: sequences with caches of their own, together at most `passTokens` tokens. */
export interface PassInput {
  readonly sequences: readonly PassSequence[];
  /** The index of the only stage that is computed; its result is not used. Default: all stages. */
  readonly onlyStage?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The input of a prediction: pairs of one sequence, at most a batch. */
export interface PredictionInput {
  /** For each pair its token. */
  readonly ids: readonly number[];
  /** For each pair the hidden row of the token before: `[ids.length, width]`, as `PassSequence.onHidden` gives them. */
  readonly hidden: Float32Array;
  readonly cache: KvCache;
  /** The position of the first pair among the pairs that the MTP block has seen. */
  readonly position: number;
  readonly signal?: AbortSignal | undefined;
}

/** What the MTP block predicts after the last of its pairs. */
export interface Prediction {
  /** The token with the highest logit. */
  readonly id: number;
  /** The hidden row `[width]` for a pair with the token `id`. */
  readonly hidden: Float32Array;
}

/** The number of passes, and the total time of passes and predictions in milliseconds. */
export interface PassCounts {
  passes: number;
  ms: number;
}

/** Runs passes. */
export interface PassRunner {
  /** Runs a pass. It goes layer by layer; within a layer, batch by batch. */
  run(input: PassInput): Promise<void>;
  /**
   * Runs pairs through the MTP block of the model and the output head. Must not run at the same time as a pass.
   *
   * @throws RondoError `NON_FINITE_LOGITS`; what a pass throws
   */
  predict(input: PredictionInput): Promise<Prediction>;
  /** The most tokens of a pass: one batch; several batches if weights stream. */
  readonly passTokens: number;
  /** Counts of passes that succeeded; the reader may set them to 0. */
  readonly counts: PassCounts;
  /** `LoadOptions.onExperts`. A plan does not call it, since a plan computes with made-up weights. */
  onExperts?: ((record: ExpertRecord) => void) | undefined;
  /** Creates the tensors of the runner anew, after the old tensors were lost with their device. */
  renew(): void;
  dispose(): void;
}

/** What a pass works with. */
export interface PassRunnerOptions {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly backend: Backend;
  readonly budget: Budget;
  readonly embeddings: EmbeddingRows;
  readonly residency: Residency;
  readonly profile?: ProfileSink | undefined;
  /** Makes room in `cache` for `positions` positions before a pass. An abort ends the waiting. */
  readonly reserve: (cache: KvCache, positions: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Chooses the slots of recurrent states that a pass uses; `StateMemory.route`. */
  readonly route: (cache: KvCache, position: number, tokens: number, logitsFrom: number) => void;
  /** Called after each pass, when no segment is in use; the next pass waits for it. */
  readonly afterPass: (() => Promise<void>) | undefined;
}

/** How many submissions are encoded ahead in a pass of several batches. */
const NOTED_AHEAD = 4;
/** How many layers are submitted together for one token of each sequence, whose layers take little time. */
const LAYERS_TOGETHER = 8;

/** Runs the passes of a model. */
export function createPassRunner(options: PassRunnerOptions): PassRunner {
  const { architecture, config, backend, budget, embeddings, residency, profile, reserve, route, afterPass } =
    options;
  const { batchTokens } = budget;
  const allocate = () => ({
    rooms: Array.from({ length: budget.passTokens / batchTokens }, () => ({
      hidden: backend.tensor([batchTokens, config.width]),
      inputs: createBatchInputs(config, backend, batchTokens),
    })),
    outputs: createPassOutputs(options, backend, budget.logitRows),
    mtp: createMtpTensors(config, backend, batchTokens),
  });
  let { rooms, outputs, mtp } = allocate();
  const noted = createEncoderCache(backend);
  const layers = residency.stages.slice(0, config.layers.length).filter(({ predicts }) => !predicts);
  const singleLayers = groupLayers(layers, 1);
  const layerGroups = groupLayers(layers, LAYERS_TOGETHER);
  const experts = architecture.experts && createExperts(options, backend, batchTokens);

  /**
   * Lets `use` encode and submit work. If all weights stay in memory, all `segments` are held; otherwise each segment is leased
   * in turn.
   */
  async function withSegments(
    segments: readonly number[],
    { scope, leases }: Pass,
    furtherBatches: number,
    use: (submit: (encoder: Encoder) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const held = residency.streams ? undefined : await scope.hold(segments);
    const leaseWeight = held ? leaseOf(segments, held.values) : leases.lease(furtherBatches);
    scope.begin(async () => {
      const submissions: Promise<void>[] = [];
      const submit = (encoder: Encoder) => {
        const submission = backend.submit(encoder, leaseWeight);
        submissions.push(submission);
        return submission;
      };
      try {
        await use(submit);
      } finally {
        // The kernels use the weights until all submissions have settled, even after a failure.
        await Promise.allSettled(submissions);
        held?.release();
      }
    });
  }

  const counts: PassCounts = { passes: 0, ms: 0 };

  /** Computes layers, without the experts of the last layer, on one batch of a pass. */
  function layersOn(batch: Batch, { first, stages }: LayerGroup, pass: Pass, furtherBatches: number) {
    const segments = stages.flatMap((stage) => stage.segments);
    return withSegments(segments, pass, furtherBatches, (submit) => {
      const note = (encoder: Encoder) => {
        for (const [index, { name, weights, predicts }] of stages.entries()) {
          encoder.part?.(name);
          timed(profile, `encode ${name}`, () => {
            const x = encoder.rows(predicts && mtp ? mtp.pairs : batch.hidden, 0, batch.tokens);
            const place = placeOf(batch, first + index, encoder);
            const { y, routed } = encodeLayer(options, encoder, weights, x, place);
            if (routed) experts?.keep(encoder, routed);
            encoder.copy(y, batch.hidden);
          });
        }
      };
      if (batch.recurs) return submit(noted.encoderOf(stages, note));
      const encoder = backend.encoder();
      note(encoder);
      return submit(encoder);
    });
  }

  /** Computes the experts that the router of a layer has chosen, on one batch of a pass. */
  async function expertsOn(chooser: Experts, batch: Batch, layer: number, stage: Stage, pass: Pass) {
    const { hidden, tokens } = batch;
    await pass.scope.caughtUp(1);
    const ascending = await chooser.chosen(layer, tokens);
    const isThere = (expert: number) => stage.experts[expert]?.segments.every(residency.cache.has) ?? false;
    const chosen = residency.streams ? computingOrder(ascending, tokens, isThere) : ascending;
    residency.readOrder.chosen(layer, chosen, tokens);
    residency.expertCounts.chosen(layer, chosen);
    if (!stage.predicts) runner.onExperts?.({ layer, rows: expertsOfRows(ascending, tokens) });
    const { before, after } = stage;
    const parts = chosen.flatMap(({ expert }) => stage.experts[expert] ?? []);
    const segments = [before, ...parts, after].flatMap((part) => part.segments);
    await withSegments(segments, pass, 0, (submit) => {
      const encoder = backend.encoder();
      encoder.part?.(`${stage.name}, experts`);
      timed(profile, `encode ${stage.name}, experts`, () => {
        const y = encoder.rows(hidden, 0, tokens);
        const weights = parts.map((part) => part.weights);
        const around = { ...before.weights, ...after.weights };
        const place = placeOf(batch, layer, encoder);
        encoder.copy(chooser.encode(encoder, y, place, { chosen, weights, around }), hidden);
      });
      return submit(encoder);
    });
  }

  function batchesOf(sequences: readonly PassSequence[]): Batch[] {
    const parts = cutInBatches(sequences, batchTokens);
    return parts.map((part, index) => {
      const spans = part.map(({ cache, position, ids }) => ({ cache, position, tokens: ids.length }));
      const recurs = parts.length === 1;
      const room = rooms[index];
      if (!room) throw new RangeError(`A pass of ${parts.length} batches, with room for ${rooms.length}.`);
      return {
        ids: part.flatMap(({ ids }) => ids),
        tokens: spans.reduce((sum, { tokens }) => sum + tokens, 0),
        spans: recurs ? noted.spansOf(spans) : spans,
        recurs,
        wanted: wantedRows(part),
        hiddenWanted: wantedHidden(part),
        ...room,
      };
    });
  }

  /** Reads the hidden rows of a batch, if they are wanted, while the output head is computed. */
  function tellHidden({ hidden, hiddenWanted }: Batch, scope: PassScope): void {
    const rows = hiddenWanted.reduce((most, { row, tokens }) => Math.max(most, row + tokens), 0);
    if (rows === 0) return;
    scope.begin(async () => {
      const values = await backend.read(hidden, rows);
      mtp?.normalize(values);
      const { width } = config;
      for (const { row, tokens, tell } of hiddenWanted)
        tell(values.subarray(row * width, (row + tokens) * width));
    });
  }

  /** Computes the MTP block and the output head on pairs. */
  async function predicted(
    { ids, hidden, cache, position }: PredictionInput,
    pass: Pass,
  ): Promise<Prediction> {
    const [stage, output] = residency.stages.slice(-2);
    const [room] = rooms;
    if (!mtp || !stage || !output || !room) throw new RangeError('A model without an MTP block.');
    const { layer, head, writePairs, normalizeHead, encodeBest, best } = mtp;
    const { scope } = pass;
    const tokens = ids.length;
    const spans = [{ cache, position, tokens }];
    const batch = { ids, tokens, spans, recurs: false, wanted: [], hiddenWanted: [], ...room };
    const { embeddings: rows } = await embeddings.read(placedTokens(batch), scope.signal);
    await writePairs(rows, hidden);
    await layersOn(batch, { first: layer, stages: [stage] }, pass, 0);
    if (experts && stage.experts.length > 0) await expertsOn(experts, batch, layer, stage, pass);
    await scope.caughtUp(1);
    const last = backend.encoder();
    last.copy(last.rows(batch.hidden, tokens - 1, 1), head);
    await backend.submit(last);
    const row = await normalizeHead();
    await withSegments(output.segments, pass, 0, (submit) => {
      const encoder = backend.encoder();
      encodeBest(encoder, encodeLogits(options, encoder, output.weights, head, [0], true));
      return submit(encoder);
    });
    await scope.caughtUp(1);
    const { id, logit } = await best();
    if (Number.isFinite(logit)) return { id, hidden: row };
    throw new RondoError('NON_FINITE_LOGITS', 'The MTP block gave logits that are not finite numbers.');
  }

  /** Computes all layers and the output head on all batches. */
  async function layersOf(
    batches: readonly Batch[],
    pass: Pass,
    onlyStage: number | undefined,
  ): Promise<void> {
    const { scope } = pass;
    for (const batch of batches) {
      const rows = await embeddings.read(placedTokens(batch), scope.signal);
      await backend.write(batch.hidden, rows.embeddings);
      await batch.inputs?.write(rows);
    }
    const isShort = batches.every(({ tokens, spans }) => tokens === spans.length);
    const together = isShort && onlyStage === undefined && !residency.streams;
    for (const group of together ? layerGroups : singleLayers) {
      const layer = group.first + group.stages.length - 1;
      const stage = group.stages.at(-1);
      if (!stage || (onlyStage !== undefined && layer !== onlyStage)) continue;
      for (const [index, batch] of batches.entries()) {
        scope.signal.throwIfAborted();
        await layersOn(batch, group, pass, batches.length - 1 - index);
        if (experts && stage.experts.length > 0) await expertsOn(experts, batch, layer, stage, pass);
        // Enough submissions are encoded ahead that the backend is never idle, and few enough that other work is not delayed.
        if (batches.length > 1) await scope.caughtUp(NOTED_AHEAD);
      }
    }
    for (const batch of batches) tellHidden(batch, scope);
    const output = residency.stages[config.layers.length];
    for (const batch of batches) {
      if (!output || batch.wanted.length === 0) continue;
      if (onlyStage !== undefined && onlyStage !== config.layers.length) continue;
      scope.signal.throwIfAborted();
      await withSegments(output.segments, pass, 0, (submit) =>
        outputs.compute(output.weights, submit, batch),
      );
      // All batches use the same tensors for their logits.
      await scope.caughtUp(1);
    }
    await scope.caughtUp(1);
  }

  /** Runs `work` as a pass: when it ends, nothing is leased and nothing under way. */
  async function passOf(signal: AbortSignal | undefined, work: (pass: Pass) => Promise<void>): Promise<void> {
    await runPass(residency, signal, async (scope) => {
      const leases = createWeightLeases(residency, scope);
      try {
        await work({ scope, leases });
      } finally {
        leases.end();
      }
    });
  }

  const runner: PassRunner = {
    counts,
    get passTokens() {
      return residency.streams ? budget.passTokens : batchTokens;
    },
    async run({ sequences, onlyStage, signal }) {
      const startMs = performance.now();
      for (const { cache, position, ids } of sequences) await reserve(cache, position + ids.length, signal);
      for (const { cache, position, ids, logitsFrom } of sequences)
        route(cache, position, ids.length, logitsFrom);
      await passOf(signal, (pass) => layersOf(batchesOf(sequences), pass, onlyStage));
      counts.passes += 1;
      const endMs = performance.now();
      counts.ms += endMs - startMs;
      const tokens = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
      profile?.record({ track: 'pass', name: `pass ${counts.passes}`, startMs, endMs, details: { tokens } });
      if (afterPass) await unlessAborted(afterPass(), signal);
      signal?.throwIfAborted();
    },
    async predict(input) {
      const startMs = performance.now();
      const { ids, cache, position, signal } = input;
      const end = position + ids.length;
      // The cache has room for the text, which is rarely shorter than the pairs. A smaller reservation would free that room.
      if (end > cache.positions) await reserve(cache, end, signal);
      const made: Prediction[] = [];
      await passOf(signal, async (pass) => {
        made.push(await predicted(input, pass));
      });
      counts.ms += performance.now() - startMs;
      const [prediction] = made;
      if (!prediction) throw new RangeError('A prediction without a result.');
      return prediction;
    },
    renew() {
      noted.clear();
      ({ rooms, outputs, mtp } = allocate());
      experts?.renew();
    },
    dispose() {
      experts?.dispose();
      for (const { hidden, inputs } of rooms) {
        hidden.free();
        inputs?.free();
      }
      outputs.free();
      mtp?.free();
    },
  };
  return runner;
}

/** The place of a layer, and its inputs for the tokens of a batch. */
function placeOf({ spans, inputs, tokens }: Batch, layer: number, e: Encoder): LayerPlace {
  return { layer, spans, inputs: inputs?.of(layer, e, tokens) };
}

/** The objects that the parts of a pass share. */
interface Pass {
  readonly scope: PassScope;
  readonly leases: WeightLeases;
}

/** Leases weights of segments that are held until the work ends. */
function leaseOf(segments: readonly number[], loaded: readonly LoadedSegment[]): LeaseWeight {
  return (ref) => {
    const segment = loaded[segments.indexOf(ref.segment)];
    if (!segment) throw new RangeError(`Segment ${ref.segment} is not held.`);
    return { weight: segment.weight(ref), release() {} };
  };
}
