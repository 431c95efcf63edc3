// Opens the engine of a model: reads the header, divides the memory, and puts source, cache, prefetcher and backend
// together. The undo list notes everything that is opened.
import type { Architecture, ModelConfig } from '@rondo/architectures';
import type { CpuOptions } from '@rondo/backend-cpu';
import { pinned, roundLfu, type CachePolicy } from '@rondo/cache';
import {
  checkRuntime,
  isRondoError,
  type OnWarning,
  RondoError,
  type RondoWarning,
  warnByDefault,
  warnOnce,
} from '@rondo/errors';
import { readShards, type Gguf } from '@rondo/gguf';
import { async as asyncPrefetch } from '@rondo/prefetch';
import type { ByteSource } from '@rondo/source';
import type { Backend } from '@rondo/tensor';
import type { Tokenizer } from '@rondo/tokenizer';
import { divideMemory, type Division } from './divide-memory.ts';
import { kvCacheShape } from '../states/kv-cache-shape.ts';
import { parseBytes } from '../memory/amounts.ts';
import { checkLoadOptions } from './load-options.ts';
import { checkWeights } from './check-weights.ts';
import { countReads, type CountingSource } from '../weights/counting-source.ts';
import { createEmbeddingRows } from '../pass/embedding-rows.ts';
import { createPassRunner, type PassRunner } from '../pass/pass-runner.ts';
import { grantMemory, type GrantedMemory } from '../memory/granted-memory.ts';
import { createLayers, type OwnLayers } from '../weights/layer-manager.ts';
import { createStateMemory, type StateMemory } from '../states/state-memory.ts';
import { openFiles, type ModelSource } from './open-files.ts';
import { READS_IN_FLIGHT } from '../weights/preload.ts';
import { warnOfUnread, withOverrides } from './overrides.ts';
import { readModel } from './read-model.ts';
import { recordOperations, recordReads } from '../profile/recorder.ts';
import { withRopeFactors } from '../weights/rope-factors.ts';
import { createResidency, loaderFrom, type Residency, type SegmentLoader } from '../weights/residency.ts';
import { createSessionPool, type SessionPool } from '../sessions/session-pool.ts';
import type { LoadOptions } from './load-options.ts';
import type { UndoList } from '../common/undo-list.ts';

/** The parts of a loaded model. */
export interface Engine {
  readonly gguf: Gguf;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly memory: StateMemory;
  readonly backend: Backend;
  readonly policy: CachePolicy<number>;
  readonly reads: CountingSource;
  readonly residency: Residency;
  readonly layers: OwnLayers;
  readonly passes: PassRunner;
  readonly sessions: SessionPool;
  /** Tells the user of a problem that does not stop the model from loading or running. */
  readonly warn: OnWarning;
  /** Source of the chat template. Undefined: the file has no template. */
  readonly template: string | undefined;
}

/**
 * Opens the engine, without any weights yet. The caller runs `undo` on failure, and at the end.
 *
 * @param makeLoader makes the loader of segments; by default a loader that reads the segments
 */
export async function openEngine(
  source: ModelSource,
  options: LoadOptions,
  undo: UndoList,
  makeLoader: (source: ByteSource, backend: Backend) => SegmentLoader = loaderFrom,
): Promise<Engine> {
  checkRuntime();
  // The backend is taken over first, so that it is disposed of whatever fails. Options that are no object have no backend.
  const { backend: givenBackend } = Object(options) as LoadOptions;
  if (givenBackend instanceof Promise) {
    // A failure of this promise is thrown when the backend is needed. Until then it must not count as unhandled.
    givenBackend.catch(() => {});
    undo.add(() =>
      givenBackend.then(
        (backend) => backend.dispose(),
        () => {},
      ),
    );
  }
  checkLoadOptions(options);
  const { signal } = options;
  const warn = warnOnce(options.onWarning ?? warnByDefault);
  const { sources: opened, close } = await openFiles(source, { signal, onWarning: warn });
  undo.add(close);

  options.onProgress?.({
    phase: 'header',
    loaded: 0,
    total: opened.reduce((sum, { size }) => sum + size, 0),
  });
  const { gguf: read, source: whole } = await readShards(opened, { signal });
  const { gguf, unread } = withOverrides(read, options);
  const { profile } = options;
  const reads = countReads(profile ? recordReads(whole, profile) : whole);
  const description = await readModel(gguf, reads, { signal, mtp: options.mtp });
  const { architecture, ropeFactors, tokenizer, template, warnings } = description;
  for (const warning of warnings) warn(warning);
  warnOfUnread(unread(), warn);
  const embeddings = createEmbeddingRows(gguf, architecture, description.config, reads);
  checkLongContext(options.context, architecture, description.config, warn);

  const { memory: amount = 'auto' } = options;
  const backend = await (givenBackend ??
    startCpu({
      takenBytes: mostTakenBytes(amount === 'auto' ? 2 * reads.size : parseBytes(amount)),
      profile: profile !== undefined,
    }));
  if (!givenBackend) undo.add(() => backend.dispose());
  for (const warning of backend.warnings ?? []) warn(warning);
  if (profile && backend.profiler) undo.add(recordOperations(backend.profiler, profile));
  else if (profile) warn(withoutOperations(backend));
  checkWeights({ gguf, architecture, config: description.config, backend });
  const { kvCacheDtype = 'F32', sessions: sessionCount = 1, grain = 'tensor' } = options;
  // A backend of the model's own may have taken over memory from another model. That memory now counts as this model's.
  const isOwn = givenBackend === undefined || givenBackend instanceof Promise;
  const bytesBefore = isOwn ? 0 : backend.bytes;
  const granted = amount === 'auto' ? grantMemory(() => backend.bytes - bytesBefore) : undefined;
  if (granted) undo.add(() => granted.release());
  // If weights follow the free memory, they cannot follow the keys and values as well.
  const followsFree = granted !== undefined && options.cache?.roomFor !== undefined;
  const totalBytes = granted?.bytes ?? parseBytes(amount);
  const divide = () =>
    divideMemory(
      gguf,
      { grain, kvGrows: !followsFree },
      {
        totalBytes,
        backend,
        architecture,
        config: description.config,
        alignment: reads.alignment,
        contextTokens: options.context,
        sessions: sessionCount,
        kvCacheDtype,
      },
    );
  const { segmentation, budget, kvPageBytes } = granted ? sayingWhoGranted(divide) : divide();
  const config = withRopeFactors(description.config, ropeFactors, budget.contextTokens);
  granted?.limitTo(budget.totalBytes - Math.max(0, budget.weightBytes - budget.allWeightBytes));
  const policy = options.cache ?? (config.experts > 0 ? roundLfu<number>() : pinned<number>());
  const memory = createStateMemory({
    backend,
    planned: budget,
    config,
    kvCacheShape: kvCacheShape(config, {
      capacity: budget.contextTokens,
      dtype: kvCacheDtype,
      batchTokens: budget.batchTokens,
      pageBytes: kvPageBytes,
      stateSlots: budget.stateSlots,
    }),
    grantWeights: (...bytes) => layers.grant(...bytes),
  });
  undo.add(() => memory.dispose());
  const residency = createResidency({
    segmentation,
    load: makeLoader(reads, backend),
    budgetBytes: Math.min(memory.budget.weightBytes, budget.allWeightBytes),
    policy,
    prefetch: options.prefetch ?? asyncPrefetch({ concurrency: READS_IN_FLIGHT }),
    profile,
  });
  undo.add(() => residency.dispose());
  const layers = createLayers(residency, memory);
  undo.add(() => layers.releaseAll(new RondoError('CLOSED', 'The model was disposed of.')));
  /** Bytes that the weights may take, now that other programs have taken or freed memory. */
  const availableBytes = (grants: GrantedMemory) =>
    Math.max(
      residency.cache.stats.bytes,
      backend.bytes - memory.budget.kvCacheBytes - budget.activationBytes,
    ) + grants.spareBytes();
  const passes = createPassRunner({
    architecture,
    config,
    backend,
    budget,
    embeddings,
    residency,
    profile,
    reserve: (...given) => memory.reserve(...given),
    route: (cache, position, tokens, logitsFrom) => memory.route(cache, position, tokens, logitsFrom),
    afterPass: granted && followsFree ? () => layers.fitTo(availableBytes(granted)) : undefined,
  });
  undo.add(() => passes.dispose());
  const sessions = createSessionPool({
    passes,
    states: () => memory.states,
    budget,
    vocabularySize: config.vocabularySize,
    recover:
      backend.restore &&
      (async () => {
        await backend.restore?.();
        layers.releaseAll(new RondoError('BACKEND_FAILED', 'The device was lost, and all layers with it.'));
        residency.cache.clear();
        passes.renew();
        memory.renew();
      }),
  });
  return {
    gguf,
    architecture,
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
    warn,
    template,
  };
}

/** The default backend. A page that gives another backend never fetches the code of the CPU backend. */
async function startCpu(options: CpuOptions): Promise<Backend> {
  const { cpu } = await import('@rondo/backend-cpu').catch((cause: unknown) => {
    throw new RondoError(
      'UNSUPPORTED',
      `The CPU backend could not be loaded (${String(cause)}). Where \`import()\` is forbidden, as in a service worker, give a backend: \`loadModel(source, { backend: cpu() })\`.`,
      { cause },
    );
  });
  return cpu(options);
}

function withoutOperations({ name }: Backend): RondoWarning {
  return {
    code: 'NO_PROFILED_OPERATIONS',
    message: `The profile has no operations, since the backend ${name} was made without \`profile: true\`, or cannot tell them.`,
    details: { backend: name },
  };
}

/**
 * The most bytes that a backend may take over from an earlier model, for a model that will hold `bytes`. An earlier model with
 * the same grant leaves somewhat more than `bytes`: the memory that its threads work with, and room at the end.
 */
function mostTakenBytes(bytes: number): number {
  return 1.25 * bytes + 4 * 2 ** 20;
}

/**
 * Adds to a `BUDGET_TOO_SMALL` error that the budget came from the system's available memory, and how to ask for another
 * budget.
 */
function sayingWhoGranted(divide: () => Division): Division {
  try {
    return divide();
  } catch (error) {
    if (!(isRondoError(error) && error.code === 'BUDGET_TOO_SMALL')) throw error;
    throw new RondoError(
      'BUDGET_TOO_SMALL',
      `${error.message} So much is four fifths of what the system says is available; grant an amount yourself with \`memory\` of \`loadModel\`, or \`--memory\` on the command line.`,
      { cause: error, details: error.details },
    );
  }
}

/**
 * Warns of a context longer than the model was trained for.
 *
 * @throws RondoError `BAD_ARGUMENT` if the model has no further positions
 */
function checkLongContext(
  contextTokens: number | undefined,
  { positionTable }: Architecture,
  { contextLength }: ModelConfig,
  warn: OnWarning,
): void {
  if (contextTokens === undefined || contextTokens <= contextLength) return;
  const details = { contextTokens, trainedTokens: contextLength };
  if (positionTable !== undefined) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `A context of ${contextTokens} tokens was asked for, but the model has learned ${contextLength} positions (${positionTable}) and can have no more. Ask for ${contextLength} or fewer.`,
      { details },
    );
  }
  warn({
    code: 'CONTEXT_BEYOND_TRAINING',
    message: `A context of ${contextTokens} tokens was asked for, but the model was trained for ${contextLength}: past that, its text usually becomes nonsense. Ask for ${contextLength} or fewer.`,
    details,
  });
}
