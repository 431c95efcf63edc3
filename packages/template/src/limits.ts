// How much a template may use. A template comes with a model file, from strangers, and Jinja is a programming language:
// the limits leave ten times the room of the longest honest conversation and stop everything else.

/** What one rendering may use. Every limit ends in `BAD_TEMPLATE`. */
export const templateLimits = {
  /** Characters of a template's source. The longest published templates have about 17,000. */
  sourceCharacters: 128 * 1024,
  /** Syntax within syntax, such as parentheses in parentheses and blocks in blocks. */
  nestedSyntax: 120,
  /** Evaluations within evaluations: operators, blocks, macros that call macros. */
  nestedEvaluations: 500,
  /** Lists and mappings within each other, where a value is compared or written. */
  nestedValues: 64,
  /** Steps of work. A step is one evaluation, one element or 16 to 64 characters, and takes about 50 ns. */
  steps: 12_000_000,
  /** Bytes of all values that are made, whether still in use or not. A character counts 2, an element 16. */
  bytes: 256 * 1024 * 1024,
  /** Characters of one text. */
  textCharacters: 16 * 1024 * 1024,
  /** Elements of `range()`, as in the sandbox of Jinja2. */
  rangeElements: 100_000,
  /** Bits of an integer. */
  integerBits: 65_536,
} as const;
