// Types of values that only the options of sampling have.
import { InvalidArgumentError } from 'commander';
import { texts, type OptionType } from './option-types.ts';

/** One of some numbers. */
export function numberOf(values: readonly (string | number)[]): OptionType<number> {
  return {
    placeholder: '<number>',
    parse(text) {
      if (values.some((value) => String(value) === text.trim())) return Number(text);
      throw new InvalidArgumentError(`Give ${values.join(' or ')}.`);
    },
  };
}

const someTexts = texts('<text>');

/** Texts, or the word `none` in place of all of them. */
export const textsOrNone: OptionType<readonly string[]> = {
  ...someTexts,
  parse(text, previous) {
    if (text !== 'none') {
      if (previous?.length !== 0) return someTexts.parse(text, previous);
    } else if (previous === undefined) return [];
    throw new InvalidArgumentError('Give texts, or the word none alone.');
  },
};

/** Biases by token id, one `ID+BIAS` or `ID-BIAS` for each use of the option. */
export const biases: OptionType<Readonly<Record<number, number>>> = {
  placeholder: '<id+bias>',
  repeats: true,
  parse(text, previous = {}) {
    const [, id = '', sign = '', size = ''] =
      /^(\d+)([+-])(\d+(?:\.\d+)?|\.\d+|inf)$/.exec(text.trim()) ?? [];
    if (id === '' || (size === 'inf' && sign === '+'))
      throw new InvalidArgumentError(
        'Give the id of a token and what to add to its logit, such as 15043+1, 15043-0.5 or 15043-inf.',
      );
    if (Object.hasOwn(previous, Number(id)))
      throw new InvalidArgumentError(`The token ${id} was given before; give it once.`);
    const bias = size === 'inf' ? Infinity : Number(size);
    return { ...previous, [Number(id)]: sign === '-' ? -bias : bias };
  },
};

/** Further names of steps on llama.cpp's command line. */
const aliases: Readonly<Record<string, string>> = {
  typ: 'typical',
  typp: 'typical',
  typicalp: 'typical',
  nucleus: 'topp',
  temp: 'temperature',
};

/** Names of steps, separated by semicolons; also in llama.cpp's spelling, such as `top_k` or `top-k`. */
export function stepNames(names: readonly string[]): OptionType<readonly string[]> {
  return {
    placeholder: '<names>',
    parse: (text) =>
      text.split(';').map((given) => {
        const plain = given.trim().toLowerCase().replaceAll(/[-_]/g, '');
        const found = names.find((name) => name.toLowerCase() === (aliases[plain] ?? plain));
        if (found !== undefined) return found;
        throw new InvalidArgumentError(`Give names of steps, separated by semicolons: ${names.join(';')}.`);
      }),
  };
}
