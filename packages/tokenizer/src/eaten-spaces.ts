// Special tokens that remove the white space before or behind them. GGUF files do not say which tokens do so. llama.cpp
// decides by names, and this package does the same. Source: llama-vocab.cpp, `LLAMA_TOKEN_ATTR_LSTRIP` and
// `LLAMA_TOKEN_ATTR_RSTRIP`.
import type { Fragment } from './special-tokens.ts';
import type { TokenTable } from './token-table.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';

const phi3 = /phi-?3/i;
const phi3Keeps: ReadonlySet<string> = new Set(['<unk>', '<s>', '<|endoftext|>']);
const modernBert = /modern-bert/i;
const maskedPreTokenizers = /jina-v2-(?:de|es|code)/;
const maskedArchitectures = /nomic-bert-moe|jina-bert-v3/;
/** Whether C's `isspace` counts the code unit as white space. */
const isWhiteSpace = (unit: number): boolean => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);

/** The ids of tokens that remove white space. */
export interface SpaceEaters {
  readonly inFront: ReadonlySet<number>;
  readonly behind: ReadonlySet<number>;
}

/** The tokens of a vocabulary that remove white space; undefined for most vocabularies. */
export function spaceEaters(
  { modelName = '', architecture = '', pre = '' }: Vocabulary,
  table: TokenTable,
): SpaceEaters | undefined {
  const none: ReadonlySet<number> = new Set();
  const only = (text: string): ReadonlySet<number> => {
    const id = table.idOf(text);
    return id === undefined ? none : new Set([id]);
  };
  if (maskedPreTokenizers.test(pre) || maskedArchitectures.test(architecture)) {
    return { inFront: only('<mask>'), behind: none };
  }
  if (phi3.test(modelName)) return { inFront: none, behind: phi3Eaters(table) };
  if (modernBert.test(modelName)) return { inFront: only('[MASK]'), behind: none };
  return undefined;
}

function phi3Eaters(table: TokenTable): ReadonlySet<number> {
  const eaters = new Set<number>();
  const { control, unknown, userDefined } = tokenType;
  for (const [id, type] of table.types.entries()) {
    const isSpecial = type === control || type === unknown || type === userDefined;
    if (isSpecial && !phi3Keeps.has(table.texts[id] ?? '')) eaters.add(id);
  }
  return eaters;
}

/** The fragments without the white space that neighbouring tokens remove. */
export function withoutEatenSpaces(fragments: readonly Fragment[], eaters: SpaceEaters): Fragment[] {
  const kept: Fragment[] = [];
  for (const [index, fragment] of fragments.entries()) {
    if (typeof fragment === 'number') {
      kept.push(fragment);
      continue;
    }
    const [before, after] = [fragments[index - 1], fragments[index + 1]];
    let start = 0;
    let end = fragment.length;
    if (typeof before === 'number' && eaters.behind.has(before)) {
      while (start < end && isWhiteSpace(fragment.charCodeAt(start))) start++;
    }
    if (typeof after === 'number' && eaters.inFront.has(after)) {
      while (end > start && isWhiteSpace(fragment.charCodeAt(end - 1))) end--;
    }
    if (end > start) kept.push(fragment.slice(start, end));
  }
  return kept;
}
