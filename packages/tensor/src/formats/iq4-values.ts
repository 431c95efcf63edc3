// The 16 levels of IQ4_NL and IQ4_XS. Most weights are near zero, so levels near zero have smaller steps. Source:
// ggml-common.h, kvalues_iq4nl.

/** Levels by their 4-bit number. */
export const iq4Values: readonly number[] = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];
