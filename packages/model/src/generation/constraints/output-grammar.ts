// Structured output: turns the options `schema`, `grammar` and `regex` into a constraint. The grammar package is imported only
// when one of these options is given.
import type { GrammarCache, TokenTrie } from '@rondo/grammar';
import { RondoError, type OnWarning } from '@rondo/errors';
import type { Tokenizer } from '@rondo/tokenizer';
import type { TokenConstraint } from './token-constraint.ts';

/** The text that a generation must match; at most one of the three. */
export interface OutputGrammar {
  /**
   * A JSON Schema: the text is JSON that the schema describes. Keywords that are not imposed are named by the warning
   * `SCHEMA_KEYWORDS_IGNORED`. Supported keywords: README of `@rondo/grammar`.
   */
  readonly schema?: object | boolean | undefined;
  /** A grammar in GBNF, the grammar language of llama.cpp; the text matches its rule `root`. */
  readonly grammar?: string | undefined;
  /** A regular expression that matches the whole text. */
  readonly regex?: string | RegExp | undefined;
}

const names = ['schema', 'grammar', 'regex'] as const;

/** Whether the options have a grammar. */
export function hasGrammar(options: OutputGrammar): boolean {
  return names.some((name) => options[name] !== undefined);
}

/**
 * Creates the constraint of a text; undefined without a grammar.
 *
 * @throws RondoError `BAD_GRAMMAR` for a grammar that cannot be read or that no text matches; `BAD_ARGUMENT` for several grammars
 */
export type Constrain = (options: OutputGrammar) => Promise<(() => TokenConstraint) | undefined>;

/** What constraints need of a model. */
export interface ConstrainOptions {
  readonly tokenizer: Tokenizer;
  readonly vocabularySize: number;
  readonly warn: OnWarning;
}

/** The constraints of a model. Compiled grammars, and the vocabulary in the form that they need, are kept. */
export function createConstrain({ tokenizer, vocabularySize, warn }: ConstrainOptions): Constrain {
  let grammars: GrammarCache | undefined;
  let trie: TokenTrie | undefined;
  let endTokens: readonly number[] = [];

  function tokenOf(text: string): number | undefined {
    for (let id = 0; id < vocabularySize; id++) if (tokenizer.tokenText(id) === text) return id;
    return undefined;
  }

  return async (options) => {
    const given = names.filter((name) => options[name] !== undefined);
    if (given.length === 0) return undefined;
    if (given.length > 1) {
      throw new RondoError('BAD_ARGUMENT', `Give one of ${given.join(', ')}: a text follows one grammar.`, {
        details: { given },
      });
    }
    const { createGrammarCache, createMatcher, tokenTrieOf } = await import('@rondo/grammar');
    grammars ??= createGrammarCache();
    const { schema, grammar: gbnf, regex } = options;
    const grammar = grammars.grammarOf(
      gbnf !== undefined ? { gbnf, tokenOf } : regex !== undefined ? { regex } : { schema },
    );
    const { unsupported } = grammar;
    if (unsupported.length > 0) {
      warn({
        code: 'SCHEMA_KEYWORDS_IGNORED',
        message: `The schema has keywords that are not imposed while the text is generated: ${unsupported.join(', ')}. Check them afterwards.`,
        details: { unsupported },
      });
    }
    if (!trie) {
      const ids = Array.from({ length: vocabularySize }, (_, id) => id);
      trie = tokenTrieOf(ids.map((id) => (tokenizer.isControl(id) ? undefined : tokenizer.tokenBytes(id))));
      endTokens = ids.filter((id) => tokenizer.isEndOfGeneration(id));
    }
    const vocabulary = trie;
    return () => {
      const matcher = createMatcher(grammar, vocabulary, { endTokens });
      return {
        mask() {
          const mask = matcher.mask();
          if (mask.some((word) => word !== 0)) return mask;
          throw new RondoError(
            'BAD_GRAMMAR',
            `After ${matcher.length} tokens no token of the vocabulary goes on with the text that the grammar wants.`,
            { details: { tokens: matcher.length } },
          );
        },
        allows: (id) => matcher.allows(id),
        accept: (id) => matcher.accept(id),
        rollback: (tokens) => matcher.rollback(tokens),
        get isFinished() {
          return matcher.isFinished;
        },
      };
    };
  };
}
