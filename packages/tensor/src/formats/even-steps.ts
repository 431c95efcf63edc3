// Encodes the formats with one scale for 32 values. The levels have equal steps. All sums are float32, as in the reference.

/** The numbers that stand for values, in equal steps. */
export interface Steps {
  /** Difference between the values of adjacent numbers; 0 if all values are equal. */
  readonly step: number;
  /** The number that stands for a value of the block. */
  number(value: number): number;
}

/**
 * Steps from the least to the largest of the 32 values from `start` on. `least` is the least value.
 *
 * @param most the largest number; the smallest number is 0
 */
export function stepsBetween(
  values: Float32Array,
  start: number,
  most: number,
): Steps & { readonly least: number } {
  let least = values[start];
  let largest = least;
  for (let j = 1; j < 32; j++) {
    const value = values[start + j];
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  const step = Math.fround(Math.fround(largest - least) / most);
  const inverse = step === 0 ? 0 : Math.fround(1 / step);
  return {
    least,
    step,
    number(value) {
      const scaled = Math.fround(Math.fround(value - least) * inverse);
      return Math.min(most, Math.trunc(Math.fround(scaled + 0.5)));
    },
  };
}

/**
 * Steps on both sides of zero, for the 32 values from `start` on. The value of largest magnitude becomes the number 0, because
 * the numbers reach one step farther below `zero` than above `zero`. So the step has the opposite sign of that value.
 *
 * @param zero the number of zero; the largest number is `2 * zero - 1`
 */
export function stepsAroundZero(values: Float32Array, start: number, zero: number): Steps {
  let largest = 0;
  for (let j = 0; j < 32; j++) {
    if (Math.abs(values[start + j]) > Math.abs(largest)) largest = values[start + j];
  }
  const step = Math.fround(largest / -zero);
  const inverse = step === 0 ? 0 : Math.fround(1 / step);
  return {
    step,
    number: (value) =>
      Math.min(2 * zero - 1, Math.trunc(Math.fround(Math.fround(value * inverse) + (zero + 0.5)))),
  };
}
