// How likely a proposed token comes true, learned from those before: by how much spoke for each.

/** Chances that proposals come true. */
export interface Acceptance {
  /** That of a token, given that the ones proposed before it came true. */
  chance(evidence: number): number;
  note(evidence: number, cameTrue: boolean): void;
}

/** Classes of evidence: 0, 1, 2-3, 4-7, 8-15, 16-31, and more. */
const CLASSES = 7;
/** How many observations count, nearly: what was long ago was another part of the text. */
const MEMORY = 32;

const classOf = (evidence: number) => Math.min(CLASSES - 1, 32 - Math.clz32(evidence));

/** Before anything is observed, one in four: too few to pay for much, and soon unlearned. */
const nothing = () => ({ came: 0.5, of: 2 });

/** Nothing observed. */
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
