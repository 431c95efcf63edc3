// Estimates how likely the sampler accepts a proposed token, from earlier proposals with about the same evidence.

/** Chances that proposed tokens are accepted. */
export interface Acceptance {
  /** The chance of a token, given that the tokens proposed before it were accepted. */
  chance(evidence: number): number;
  note(evidence: number, cameTrue: boolean): void;
}

/** Number of classes of evidence: 0, 1, 2-3, 4-7, 8-15, 16-31, and more. */
const CLASSES = 7;
/** About how many observations count: older observations are from another part of the text. */
const MEMORY = 32;

const classOf = (evidence: number) => Math.min(CLASSES - 1, 32 - Math.clz32(evidence));

/**
 * The counts before any observation, a chance of one in four: too low to verify many tokens, and soon outweighed by
 * observations.
 */
const nothing = () => ({ came: 0.5, of: 2 });

/** Creates chances without observations. */
export function createAcceptance(): Acceptance {
  const classes = Array.from({ length: CLASSES }, nothing);
  const classFor = (evidence: number) => classes[classOf(evidence)] ?? nothing();
  return {
    chance(evidence) {
      const { came, of } = classFor(evidence);
      return came / of;
    },
    note(evidence, cameTrue) {
      const counts = classFor(evidence);
      const fade = 1 - 1 / MEMORY;
      counts.came = counts.came * fade + (cameTrue ? 1 : 0);
      counts.of = counts.of * fade + 1;
    },
  };
}
