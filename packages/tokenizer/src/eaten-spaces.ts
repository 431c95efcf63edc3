// Special tokens that eat the white space behind them. GGUF files do not say which do: llama.cpp goes by the name of the
// model, and so does this package. Source: llama-vocab.cpp, `LLAMA_TOKEN_ATTR_RSTRIP`.
import type { Fragment } from './special-tokens.ts';
import type { TokenTable } from './token-table.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';

const phi3 = /phi-?3/i;
const phi3Keeps: ReadonlySet<string> = new Set(['<unk>', '<s>', '<|endoftext|>']);
/** What C's `isspace` takes for white space. */
const whiteSpace = /^[ \t\n\v\f\r]+/;

/** The ids behind which white space is dropped; none in most vocabularies. */
export function spaceEaters({ modelName }: Vocabulary, table: TokenTable): ReadonlySet<number> {
  const eaters = new Set<number>();
  if (modelName === undefined || !phi3.test(modelName)) return eaters;
  const { control, unknown, userDefined } = tokenType;
  for (const [id, type] of table.types.entries()) {
    const isSpecial = type === control || type === unknown || type === userDefined;
    const text = table.texts[id] ?? '';
    if (isSpecial && !phi3Keeps.has(text)) eaters.add(id);
  }
  return eaters;
}

/** The fragments without the white space that the tokens in front of it eat. */
export function withoutEatenSpaces(fragments: readonly Fragment[], eaters: ReadonlySet<number>): Fragment[] {
  const kept: Fragment[] = [];
  for (const fragment of fragments) {
    const before = kept.at(-1);
    const isEaten = typeof fragment === 'string' && typeof before === 'number' && eaters.has(before);
    const rest = isEaten ? fragment.replace(whiteSpace, '') : fragment;
    if (rest !== '') kept.push(rest);
  }
  return kept;
}
