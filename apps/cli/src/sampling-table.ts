// The options of sampling on the command line, derived from the data that @rondo/model has of them.
import { samplingOptions, type SamplerOptions, type SamplingOption } from '@rondo/model/sampling';
import { decimal, whole, type OptionType } from './option-types.ts';
import { biases, numberOf, stepNames, textsOrNone } from './sampling-types.ts';

/** An option of sampling; the value if the option is not given is the model's default, which `help` names. */
export interface SamplingSpec<Value> {
  readonly type: OptionType<Value>;
  readonly flag?: string | undefined;
  readonly help: string;
}

/** The options of sampling by their names in `GenerateOptions`. */
export const samplingTable = Object.fromEntries(
  Object.entries(samplingOptions).map(([name, option]) => [
    name,
    {
      type: typeOf(option),
      flag: option.flag,
      help: `${option.help} (default: ${option.defaultText ?? String(option.default)})`,
    },
  ]),
) as { readonly [Name in keyof SamplerOptions]-?: SamplingSpec<Exclude<SamplerOptions[Name], undefined>> };

function typeOf({ kind, least, above, most, values = [] }: SamplingOption<unknown>): OptionType<unknown> {
  switch (kind) {
    case 'number':
      return decimal({ least, above, most });
    case 'whole':
      return whole({ least: least ?? Number.MIN_SAFE_INTEGER, most });
    case 'choice':
      return numberOf(values);
    case 'texts':
      return textsOrNone;
    case 'biases':
      return biases;
    case 'names':
      return stepNames(values.map(String));
  }
}
