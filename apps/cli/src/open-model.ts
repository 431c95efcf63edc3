// Loads a model as the options say, and shows the progress.
import { cpu } from '@rondo/backend-cpu';
import { isRondoError } from '@rondo/errors';
import { loadModel, parseBytes, type GenerateOptions, type LoadOptions, type Model } from '@rondo/model';
import type { Backend } from '@rondo/tensor';
import type { Io } from './io.ts';
import { openSources } from './open-source.ts';
import type { RunningValues, SamplingValues } from './options.ts';
import { createProgress } from './output/progress.ts';
import { showWarnings } from './output/warnings.ts';
import { policyOf, strategyOf } from './strategies.ts';
import { UsageError } from './usage-error.ts';

/** A model, and how long it took to load. Disposing of it also closes its sources. */
export interface OpenedModel extends AsyncDisposable {
  readonly model: Model;
  readonly loadMs: number;
}

/** What a command adds to the options of the command line. */
export interface OpenExtras {
  /** Bytes that another model has taken of the granted memory. */
  readonly takenBytes?: number;
  readonly onExperts?: LoadOptions['onExperts'];
  readonly profile?: LoadOptions['profile'];
  /** Loads the MTP block of the model. */
  readonly mtp?: boolean;
}

/**
 * @throws UsageError for options that make no sense; RondoError as `loadModel` and `http`; the signal's reason
 */
export async function openModel(
  name: string,
  options: RunningValues,
  io: Io,
  { takenBytes = 0, onExperts, profile, mtp = false }: OpenExtras = {},
): Promise<OpenedModel> {
  const loadOptions = loadOptionsOf(options, io, takenBytes);
  const progress = createProgress(io.stderr);
  const startMs = performance.now();
  const sources = await openSources(name, io);
  const close = () => Promise.all(sources.map((source) => source.close()));
  try {
    const model = await loadModel(sources, {
      ...loadOptions,
      onExperts,
      profile,
      mtp,
      backend: backendOf(options, profile !== undefined),
      onProgress({ phase, loaded, total }) {
        progress.show(
          phase === 'header' ? 'Reading the header' : `Loading ${Math.floor((loaded / total) * 100)}%`,
        );
      },
    });
    return {
      model,
      loadMs: performance.now() - startMs,
      async [Symbol.asyncDispose]() {
        await model.dispose();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    progress.clear();
  }
}

/**
 * The options of loading a model, without the backend; the model chooses the values that are left open.
 *
 * @throws UsageError for options that make no sense
 */
export function loadOptionsOf(options: RunningValues, io: Io, takenBytes = 0): LoadOptions {
  const { cache, prefetch, prefetchDistance } = options;
  const memory = options.memory === 'auto' ? 'auto' : Math.max(1, memoryOf(options.memory) - takenBytes);
  const strategy = prefetch ?? (prefetchDistance === undefined ? undefined : 'async');
  const prefetcher = strategy && strategyOf(strategy, prefetchDistance);
  return {
    memory,
    context: options.context,
    kvCacheDtype: options.kvCache === 'q8_0' ? 'Q8_0' : 'F32',
    grain: options.grain,
    cache: cache === undefined ? undefined : policyOf(cache),
    prefetch: prefetcher,
    overrides: options.overrideKv,
    ropeFrequencyBase: options.ropeFreqBase,
    ropeFrequencyScale: options.ropeFreqScale,
    onWarning: (warning) => showWarnings([warning], io),
    signal: io.signal,
  };
}

/** The package for GPUs is imported only on request, because it is large and not always installed. */
export async function backendOf({ backend, threads }: RunningValues, profile = false): Promise<Backend> {
  if (backend !== 'webgpu') return cpu({ threads, profile });
  const { webgpu } = await import('@rondo/backend-webgpu');
  return webgpu();
}

/** The options that `generate` takes. */
export function generateOptionsOf(
  options: SamplingValues & { readonly maxTokens: number | undefined },
): GenerateOptions {
  const { maxTokens, temperature, topK, topP, minP, repeatPenalty, seed, stop } = options;
  return { maxTokens, temperature, topK, topP, minP, repeatPenalty, seed, stop };
}

function memoryOf(amount: string): number {
  try {
    return parseBytes(amount);
  } catch (error) {
    if (!isRondoError(error)) throw error;
    throw new UsageError(`option '--memory <amount>': ${error.message}`, { cause: error });
  }
}
