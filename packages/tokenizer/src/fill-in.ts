// The tokens that mark the parts of a text whose middle is to be filled in. The metadata names them, or their texts show them:
// llama.cpp decides in this way, and this package does the same.
import type { FillInTokens } from './tokenizer.ts';

type Part = keyof FillInTokens;

/** Texts of the tokens of each part: Qwen, other spellings, DeepSeek, CodeLlama, GLM and Falcon. */
const textsOf: Readonly<Record<Part, readonly string[]>> = {
  prefix: [
    '<|fim_prefix|>',
    '<fim-prefix>',
    '<fim_prefix>',
    '<\uFF5Cfim\u2581begin\uFF5C>',
    '<PRE>',
    '\u2581<PRE>',
    '<|code_prefix|>',
    '<|prefix|>',
  ],
  suffix: [
    '<|fim_suffix|>',
    '<fim-suffix>',
    '<fim_suffix>',
    '<\uFF5Cfim\u2581hole\uFF5C>',
    '<SUF>',
    '\u2581<SUF>',
    '<|code_suffix|>',
    '<|suffix|>',
  ],
  middle: [
    '<|fim_middle|>',
    '<fim-middle>',
    '<fim_middle>',
    '<\uFF5Cfim\u2581end\uFF5C>',
    '<MID>',
    '\u2581<MID>',
    '<|code_middle|>',
    '<|middle|>',
  ],
};

/** Places in `Vocabulary.fillInIds`: the older key of a part goes before the newer key, as in llama.cpp. */
const placesOf: Readonly<Record<Part, readonly number[]>> = {
  prefix: [6, 0],
  suffix: [7, 1],
  middle: [8, 2],
};

const parts = ['prefix', 'suffix', 'middle'] as const;

/** The ids whose text marks a part of a text to be filled in. They are control tokens, whatever type a file gives them. */
export function fillInIds(idOf: ReadonlyMap<string, number>): number[] {
  return parts.flatMap((part) => textsOf[part].flatMap((text) => idOf.get(text) ?? []));
}

/**
 * The tokens of the parts.
 *
 * @param ids `Vocabulary.fillInIds`
 */
export function fillInTokens(
  ids: readonly (number | undefined)[],
  idOf: (text: string) => number | undefined,
): FillInTokens {
  const tokenOf = (part: Part): number | undefined => {
    const named = placesOf[part].map((place) => ids[place]).find((id) => id !== undefined);
    return named ?? textsOf[part].map(idOf).find((id) => id !== undefined);
  };
  return { prefix: tokenOf('prefix'), suffix: tokenOf('suffix'), middle: tokenOf('middle') };
}
