// How much a chat template may use. A template comes with the model file, from strangers, and Jinja is a programming
// language: the limits leave room for the longest honest conversation and stop the rest within a second.

/** What one rendering may use; every limit ends in `BAD_TEMPLATE`. */
export const templateLimits = {
  /** Characters of the template; the longest published ones have about 30,000. */
  sourceCharacters: 128 * 1024,
  /** White space in a row: the expressions of the Jinja lexer take quadratic time over it. */
  whitespaceRun: 1024,
  /** Parentheses, brackets and braces within each other. */
  nestedBrackets: 100,
  /** Evaluations within each other: blocks, long chains of operators, macros that call macros. The stack holds more. */
  nestedEvaluations: 400,
  /** Expressions and statements evaluated. */
  steps: 1_000_000,
  /** Characters of the output and of any text on the way there. */
  textCharacters: 4 * 1024 * 1024,
  /** What one operation could come to at most, such as a replacement of every character by a long text. */
  productCharacters: 64 * 1024 * 1024,
  /** Elements of a list or mapping, and of `range()`. */
  elements: 65_536,
  /** Lists and mappings within each other. */
  nestedValues: 32,
  /** Wall clock time of one call, whatever it renders. One operation may run past it, by a few hundred at the limits above. */
  milliseconds: 400,
} as const;
