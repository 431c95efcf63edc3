// Limits on what a grammar may use. A grammar may come from strangers, such as the tools of a request.

/** Limits of a grammar. Exceeding a limit ends in `BAD_GRAMMAR`. */
export const grammarLimits = {
  /** Characters of the text of a grammar or of a regular expression. */
  sourceCharacters: 8 * 1024 * 1024,
  /** Nesting of groups in a grammar or a regular expression, and of values in a schema. */
  nesting: 200,
  /** Repetitions behind one item of a grammar in GBNF, such as the two of `a?*`. */
  operators: 8,
  /** States of the automaton of a grammar. A character of a literal takes one state. */
  states: 4_000_000,
  /** Transitions of the automaton of a grammar. */
  transitions: 8_000_000,
  /** Rules of a grammar, and subschemas of a schema after its combinations are expanded. */
  rules: 400_000,
  /** Alternatives that `anyOf` and `oneOf` inside `allOf` expand to, in one schema. */
  combinations: 1024,
  /** Repetitions that a grammar in GBNF may require of one item. Source: llama.cpp. */
  repetitions: 2000,
  /** The product of the maximums of repetitions inside of each other, in GBNF. */
  nestedRepetitions: 1_000_000,
  /** Characters of the name of a property, where other properties are allowed, too. */
  nameCharacters: 1000,
  /** Readings of a text that are followed at the same time. Only an ambiguous grammar has many. */
  readings: 20_000,
  /** Steps of readings by a byte, in one mask. A step takes about 100 ns. Only an ambiguous grammar takes many. */
  steps: 30_000_000,
} as const;
