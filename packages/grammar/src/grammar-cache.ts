// Keeps compiled grammars: tools and schemas are often the same from request to request.
import { createKeptValues } from './common/kept-values.ts';
import type { Grammar } from './compiled-grammar.ts';
import { grammarOf, type GrammarSource } from './grammar.ts';
import { checkJson } from './schema/check-json.ts';

/** Options of a cache of grammars. */
export interface GrammarCacheOptions {
  /** Bytes of grammars and their sources that are kept; the least recently used go first. @default 64 MiB */
  readonly bytes?: number | undefined;
}

/** Compiled grammars by source. */
export interface GrammarCache {
  /** Bytes that are kept. */
  readonly bytes: number;
  /** As `grammarOf`, but compiles the same source once. @throws RondoError as `grammarOf` */
  grammarOf(source: GrammarSource): Grammar;
}

const defaultBytes = 64 * 1024 * 1024;

/** A cache of compiled grammars. Grammars in GBNF that name tokens by text are compiled anew for each `tokenOf`. */
export function createGrammarCache(options: GrammarCacheOptions = {}): GrammarCache {
  const { bytes: mostBytes = defaultBytes } = options;
  const grammars = createKeptValues<string, Grammar>(mostBytes);
  const vocabularies = new WeakMap<object, number>();
  let vocabularyCount = 0;

  function keyOf(source: GrammarSource): string {
    if ('schema' in source) {
      // Texts of JSON are alike only for values that are JSON.
      checkJson(source.schema);
      return `schema ${JSON.stringify(source.schema)}`;
    }
    if ('regex' in source) return `regex ${String(source.regex)} ${typeof source.regex}`;
    const { gbnf, root = 'root', tokenOf } = source;
    let vocabulary = tokenOf === undefined ? 0 : vocabularies.get(tokenOf);
    if (tokenOf !== undefined && vocabulary === undefined) {
      vocabulary = ++vocabularyCount;
      vocabularies.set(tokenOf, vocabulary);
    }
    return `gbnf ${vocabulary} ${JSON.stringify(root)} ${gbnf}`;
  }

  return {
    get bytes() {
      return grammars.bytes;
    },
    grammarOf(source) {
      const key = keyOf(source);
      return grammars.get(key, () => {
        const value = grammarOf(source);
        return { value, bytes: value.bytes + 2 * key.length };
      }).value;
    },
  };
}
