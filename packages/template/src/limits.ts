// Limits on what a template may use. A template comes with a model file from strangers, and Jinja is a programming
// language. The limits allow ten times the longest honest conversation and stop everything else.

/** Limits of one rendering. Exceeding a limit ends in `BAD_TEMPLATE`. */
export const templateLimits = {
  /** Characters of a template's source. The longest published templates have about 17,000. */
  sourceCharacters: 128 * 1024,
  /** Nesting of syntax, such as parentheses in parentheses and blocks in blocks. */
  nestedSyntax: 120,
  /** Nesting of evaluations: operators, blocks, macros that call macros. */
  nestedEvaluations: 500,
  /** Nesting of lists and mappings, when a value is compared or written. */
  nestedValues: 64,
  /** Steps of work. A step is one evaluation, one element or 16 to 64 characters, and takes about 50 ns. */
  steps: 12_000_000,
  /** Bytes of all values ever made. A character counts 2 bytes, an element 16 bytes. */
  bytes: 256 * 1024 * 1024,
  /** Characters of one text. */
  textCharacters: 16 * 1024 * 1024,
  /** Elements of `range()`, as in the sandbox of Jinja2. */
  rangeElements: 100_000,
  /** Bits of an integer. */
  integerBits: 65_536,
} as const;
