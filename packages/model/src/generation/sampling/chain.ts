// The chain of steps of one text, as the options say.
import type { RunningStep, SamplingStep, StepContext } from './step.ts';
import {
  checkSamplerOptions,
  refuseUnused,
  samplingOptions,
  settingsOf,
  type SamplerOptions,
} from './sampler-options.ts';
import { logitBias, mirostat, orderedSteps, temperature } from './steps/index.ts';

/** A step of any options: the options that it gets are its own. */
type AnyStep = Pick<SamplingStep<Record<string, unknown>>, 'name' | 'options' | 'start'>;

/**
 * The steps that change something, in their order.
 *
 * @throws RondoError `BAD_ARGUMENT` for an option that is out of range, or whose step is left out
 */
export function createChain(options: SamplerOptions, context: StepContext): readonly RunningStep[] {
  checkSamplerOptions(options);
  const start = (step: unknown): RunningStep | undefined => {
    const any = step as AnyStep;
    return any.start(settingsOf(any, options), context);
  };
  const isMirostat = options.mirostat !== undefined && options.mirostat !== 0;
  const ordered = isMirostat ? [temperature, mirostat] : namedSteps(options);
  const reason = isMirostat ? 'mirostat takes the place of its step' : 'samplers does not name its step';
  if (isMirostat)
    refuseUnused(
      { options: { samplers: samplingOptions.samplers } },
      options,
      'mirostat takes the place of the steps',
    );
  for (const step of orderedSteps) {
    const isUsed = ordered.some(({ name }) => name === step.name);
    if (!isUsed && start(step)) refuseUnused(step, options, reason);
  }
  return [logitBias, ...ordered].flatMap((step) => start(step) ?? []);
}

function namedSteps({ samplers }: SamplerOptions): readonly Pick<AnyStep, 'name'>[] {
  if (samplers === undefined) return orderedSteps;
  return samplers.flatMap((name) => orderedSteps.find((step) => step.name === name) ?? []);
}
