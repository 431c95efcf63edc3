// Loads a model and its speculation. A draft model shares the granted memory.
import { draftModel, mtp, promptLookup, type Model, type SpeculationStrategy } from '@rondo/model';
import type { Io } from './io.ts';
import { openModel, type OpenedModel, type OpenExtras } from './open-model.ts';
import type { RunningValues, SpeculationValues } from './options.ts';
import { UsageError } from './usage-error.ts';

/** A model with its speculation; disposing of it also closes the draft model. */
export interface OpenedSpeculating extends OpenedModel {
  /** For `GenerateOptions.speculate`. */
  readonly speculate: SpeculationStrategy | undefined;
}

/** The strategies that need no second model, by the values of `--speculate`. */
const strategies: Readonly<Record<SpeculationValues['speculate'], (() => SpeculationStrategy) | undefined>> =
  {
    none: undefined,
    lookup: () => promptLookup(),
    mtp: () => mtp(),
  };

/** @throws UsageError for options that make no sense; RondoError as `openModel`; the signal's reason */
export async function openSpeculating(
  name: string,
  options: RunningValues & SpeculationValues,
  io: Io,
  extras: Pick<OpenExtras, 'onExperts' | 'profile'> = {},
): Promise<OpenedSpeculating> {
  const { draft: draftName, speculate } = options;
  if (draftName === undefined) {
    const opened = await openModel(name, options, io, { ...extras, mtp: speculate === 'mtp' });
    return { ...opened, speculate: strategies[speculate]?.() };
  }
  if (speculate !== 'none')
    throw new UsageError(`--draft speculates by itself; leave --speculate ${speculate} out.`);
  // Overrides apply to the model's own metadata, not to the draft model's.
  const none = { overrideKv: undefined, ropeFreqBase: undefined, ropeFreqScale: undefined };
  const draft = await openModel(draftName, { ...options, ...none }, io);
  try {
    const opened = await openModel(name, options, io, { takenBytes: takenBytes(draft.model), ...extras });
    return {
      model: opened.model,
      loadMs: draft.loadMs + opened.loadMs,
      speculate: draftModel(draft.model),
      async [Symbol.asyncDispose]() {
        try {
          await opened[Symbol.asyncDispose]();
        } finally {
          await draft[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await draft[Symbol.asyncDispose]();
    throw error;
  }
}

/** Bytes of the granted memory that a model uses. */
function takenBytes({ budget }: Model): number {
  const { kvCacheBytes, activationBytes, weightBytes, allWeightBytes } = budget;
  return kvCacheBytes + activationBytes + Math.min(weightBytes, allWeightBytes);
}
