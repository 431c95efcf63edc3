// A grammar as a pushdown automaton: one nondeterministic automaton over bytes for each rule, which calls other rules.

/** Kinds of transitions. */
export const kinds = {
  /** Reads a byte of a range; the operand is `256 * first + last`. */
  bytes: 0,
  /** Reads nothing. */
  empty: 1,
  /** Runs another rule first; the operand is the number of the rule. */
  call: 2,
  /** Reads one whole token; the operand is an index of `tokenSets`. */
  token: 3,
  /** Runs another rule several times first; the operand is an index of `repeats`. */
  repeat: 4,
} as const;

/** Bits of a label that hold its operand. */
export const operandBits = 28;
export const operandMask = 2 ** operandBits - 1;

/** A rule that runs several times. */
export interface Repeat {
  /** The rule. */
  readonly unit: number;
  readonly min: number;
  /** May be `Infinity`. */
  readonly max: number;
  /** The state after the last repetition. */
  readonly after: number;
  /**
   * The first of the return positions of this repeat. Position `base + n` stands between repetition n and n + 1. The
   * positions of states come before those of all repeats.
   */
  readonly base: number;
}

/** A token transition: one token of `ids`, or any other token if `negated`. */
export interface TokenSet {
  readonly ids: readonly number[];
  readonly negated: boolean;
}

/** The automaton. Every state can reach the end of its rule. */
export interface Automaton {
  /** The number of states. */
  readonly states: number;
  /** The transitions of state s are those from `firstTransition[s]` up to `firstTransition[s + 1]`, excluded. */
  readonly firstTransition: Int32Array;
  /** The kind of a transition above `operandBits` bits of operand. */
  readonly labels: Int32Array;
  /** The state after a transition. */
  readonly targets: Int32Array;
  /** 1 for the last state of a rule. */
  readonly isEnd: Uint8Array;
  /** The first state of each rule. */
  readonly starts: Int32Array;
  readonly names: readonly string[];
  readonly repeats: readonly Repeat[];
  readonly tokenSets: readonly TokenSet[];
  /** The rule that a whole text matches. */
  readonly root: number;
  /** Bytes of the arrays. */
  readonly bytes: number;
}

/** The automaton while it is built: transition i leads from `sources[i]` to `targets[i]`. States may be useless. */
export interface DraftAutomaton {
  readonly states: number;
  readonly sources: Int32Array;
  readonly labels: Int32Array;
  readonly targets: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly names: readonly string[];
  readonly repeats: readonly Repeat[];
  readonly tokenSets: readonly TokenSet[];
  readonly root: number;
}

/** The kind of a label. */
export function kindOf(label: number): number {
  return label >>> operandBits;
}

/** The operand of a label. */
export function operandOf(label: number): number {
  return label & operandMask;
}
