// Constrains the tokens that a language model may generate, by a grammar.
export { grammarFailureOf, type GrammarFailure } from './errors.ts';
export { createGrammarCache, type GrammarCache, type GrammarCacheOptions } from './grammar-cache.ts';
export type { Grammar } from './compiled-grammar.ts';
export { grammarOf, type GrammarSource } from './grammar.ts';
export { grammarLimits } from './limits.ts';
export { createMatcher, type Matcher, type MatcherOptions } from './matcher.ts';
export { tokenTrieOf, type TokenTrie } from './vocabulary.ts';
