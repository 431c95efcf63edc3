// The options of sampling: their types, defaults and checks, derived from the list of steps.
import { RondoError } from '@rondo/errors';
import { checkOption, type Check } from '../../common/check-arguments.ts';
import type { SamplingOption } from './option.ts';
import type { SamplingStep } from './step.ts';
import { fixedSteps, orderedSteps } from './steps/index.ts';

type Step = (typeof orderedSteps)[number] | (typeof fixedSteps)[number];
type OptionsOf<One> = One extends SamplingStep<infer Options> ? Options : never;
type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The options of all steps. */
export type StepOptions = Intersection<OptionsOf<Step>>;

/**
 * The name of a step in the option `samplers`.
 *
 * @useDeclaredType
 */
export type SamplerName = (typeof orderedSteps)[number]['name'];

/** How the next token is chosen. */
export interface SamplerOptions extends StepOptions {
  /**
   * The steps in their order; a step that is not named is left out. A number that turns a step on is refused if the step is left
   * out. `adaptiveP` can only be last. Default: `['penalties', 'dry', 'topNSigma', 'topK', 'typical', 'topP', 'minP', 'xtc',
   * 'temperature', 'adaptiveP']`; the defaults of the options turn top-k, top-p, min-p and the temperature on.
   */
  readonly samplers?: readonly SamplerName[] | undefined;
  /** Any safe integer: the same seed, logits and settings give the same tokens. Default: drawn at random. */
  readonly seed?: number | undefined;
}

const samplerNames = orderedSteps.map(({ name }) => name);

function checkSamplers(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.every((name) => samplerNames.some((one) => one === name));
  if (!isList) return `a list of these names: ${samplerNames.join(', ')}`;
  if (new Set(value).size < value.length) return 'a list that names no step twice';
  const place = value.indexOf('adaptiveP');
  return place < 0 || place === value.length - 1
    ? undefined
    : 'a list with adaptiveP as the last step, if at all';
}

/** All options of sampling as data. */
export const samplingOptions: { readonly [Name in keyof SamplerOptions]-?: SamplingOption<unknown> } = {
  ...optionsOf(orderedSteps),
  ...optionsOf(fixedSteps),
  samplers: {
    kind: 'names',
    default: samplerNames,
    defaultText: samplerNames.join(';'),
    values: samplerNames,
    help: 'the steps in their order, separated by semicolons; a step that is not named is left out',
    check: checkSamplers,
  },
  seed: {
    kind: 'whole',
    default: undefined,
    defaultText: 'at random',
    help: 'same seed and settings, same text',
    check: (value) => (Number.isSafeInteger(value) ? undefined : 'a safe integer'),
  },
};

/** Checks of the options by name, for `checkOptions`. */
export const samplingChecks = Object.fromEntries(
  Object.entries(samplingOptions).map(([name, { check }]) => [name, check]),
) as { readonly [Name in keyof SamplerOptions]-?: Check };

function optionsOf(steps: readonly { readonly options: object }[]): {
  readonly [Name in keyof StepOptions]-?: SamplingOption<unknown>;
} {
  return Object.fromEntries(steps.flatMap(({ options }) => Object.entries(options))) as {
    readonly [Name in keyof StepOptions]-?: SamplingOption<unknown>;
  };
}

/** @throws RondoError `BAD_ARGUMENT` with the name of an option that is out of range */
export function checkSamplerOptions(options: SamplerOptions): void {
  for (const [name, check] of Object.entries(samplingChecks))
    checkOption(name, options[name as keyof SamplerOptions], check);
}

/**
 * The values of the options of a step, with defaults.
 *
 * @param given options that were checked
 */
export function settingsOf(
  step: { readonly options: object },
  given: SamplerOptions,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(step.options as Record<string, SamplingOption<unknown>>).map(([name, option]) => [
      name,
      given[name as keyof SamplerOptions] ?? option.default,
    ]),
  );
}

/** @throws RondoError `BAD_ARGUMENT` for an option that was given although its step is left out */
export function refuseUnused(
  step: { readonly options: object },
  given: SamplerOptions,
  reason: string,
): void {
  const option = Object.keys(step.options).find((name) => given[name as keyof SamplerOptions] !== undefined);
  if (option === undefined) return;
  throw new RondoError('BAD_ARGUMENT', `${option} would do nothing: ${reason}. Leave ${option} out.`, {
    details: { option, value: given[option as keyof SamplerOptions] },
  });
}
