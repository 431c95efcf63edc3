// The encoder that Q4_K and Q5_K share. For each group of 32 values it searches a scale and a minimum with a small weighted
// squared error, then rounds both to 6 bits. Each step is rounded to float32 and follows the order of the reference, so that
// the same search gives the same bits. Source: ggml-quants.c, quantize_row_q4_K_ref.
import { readHalf, writeHalf } from './half.ts';
import { readMinimum, readScale, writeScaleAndMinimum } from './k-scales.ts';
import { nearestWithin } from './nearest.ts';

/** The range of the search. */
export interface GroupSearch {
  /** The largest number that a value can have. */
  readonly most: number;
  /** The first try divides the range of values into `most + firstTry` steps. Each further try adds a tenth of a step. */
  readonly firstTry: number;
  readonly tries: number;
}

const { fround } = Math;
const tenth = fround(0.1);
const groups = 8;
const groupElements = 32;

// Buffers of one call. Encoders are synchronous, so calls cannot overlap.
const weights = new Float32Array(groupElements);
const trial = new Uint8Array(groupElements);
const scales = new Float32Array(groups);
const minima = new Float32Array(groups);
const numbers = new Uint8Array(groups * groupElements);

/**
 * Encodes the 256 values from `start` on: writes float16 d, float16 dmin and the 12 bytes of scales and minima at `at`. The
 * caller stores the numbers of the values.
 *
 * @returns the number of each value, valid until the next call
 */
export function encodeGroups(
  values: Float32Array,
  start: number,
  blocks: Uint8Array,
  at: number,
  search: GroupSearch,
): Uint8Array {
  for (let group = 0; group < groups; group++) fitGroup(values, start + group * groupElements, group, search);
  const largestScale = Math.max(0, ...scales);
  const largestMinimum = Math.max(0, ...minima);
  writeHalf(blocks, at, fround(largestScale / 63));
  writeHalf(blocks, at + 2, fround(largestMinimum / 63));
  const perScale = largestScale > 0 ? fround(63 / largestScale) : 0;
  const perMinimum = largestMinimum > 0 ? fround(63 / largestMinimum) : 0;
  for (let group = 0; group < groups; group++) {
    const scale = nearestWithin(fround(perScale * scales[group]), 0, 63);
    const minimum = nearestWithin(fround(perMinimum * minima[group]), 0, 63);
    writeScaleAndMinimum(blocks, at + 4, group, scale, minimum);
  }

  const d = readHalf(blocks, at);
  const dmin = readHalf(blocks, at + 2);
  for (let group = 0; group < groups; group++) {
    const scale = fround(d * readScale(blocks, at + 4, group));
    // With a scale of 0 the numbers have no effect, so they need not be computed again.
    if (scale === 0) continue;
    const minimum = fround(dmin * readMinimum(blocks, at + 4, group));
    for (let j = group * groupElements; j < (group + 1) * groupElements; j++) {
      numbers[j] = nearestWithin(fround(fround(values[start + j] + minimum) / scale), 0, search.most);
    }
  }
  return numbers;
}

/** Finds scale, minimum (as a positive number) and numbers of the group of values from `start` on. */
function fitGroup(values: Float32Array, start: number, group: number, search: GroupSearch): void {
  const { most, firstTry, tries } = search;
  const at = group * groupElements;
  let squares = 0;
  for (let j = 0; j < groupElements; j++) {
    squares = fround(squares + fround(values[start + j] * values[start + j]));
  }
  const typical = fround(Math.sqrt(fround(squares / groupElements)));
  let least = values[start];
  let largest = least;
  let sumWeight = 0;
  let sumX = 0;
  for (let j = 0; j < groupElements; j++) {
    const x = values[start + j];
    const weight = fround(typical + Math.abs(x));
    weights[j] = weight;
    if (x < least) least = x;
    if (x > largest) largest = x;
    sumWeight = fround(sumWeight + weight);
    sumX = fround(sumX + fround(weight * x));
  }
  if (least > 0) least = 0;
  if (largest === least) {
    numbers.fill(0, at, at + groupElements);
    scales[group] = 0;
    minima[group] = -least;
    return;
  }

  let perStep = fround(most / fround(largest - least));
  let scale = fround(1 / perStep);
  let smallestError = 0;
  for (let j = 0; j < groupElements; j++) {
    const x = values[start + j];
    const number = nearestWithin(fround(perStep * fround(x - least)), 0, most);
    numbers[at + j] = number;
    const error = fround(fround(fround(scale * number) + least) - x);
    smallestError = fround(smallestError + fround(weights[j] * fround(error * error)));
  }
  for (let i = 0; i < tries; i++) {
    const steps = fround(fround(firstTry + fround(tenth * i)) + most);
    perStep = fround(steps / fround(largest - least));
    let sumQ = 0;
    let sumQQ = 0;
    let sumXQ = 0;
    for (let j = 0; j < groupElements; j++) {
      const x = values[start + j];
      const number = nearestWithin(fround(perStep * fround(x - least)), 0, most);
      trial[j] = number;
      const weighted = fround(weights[j] * number);
      sumQ = fround(sumQ + weighted);
      sumQQ = fround(sumQQ + fround(weighted * number));
      sumXQ = fround(sumXQ + fround(weighted * x));
    }
    // Weighted linear regression of the values on these numbers.
    const determinant = fround(fround(sumWeight * sumQQ) - fround(sumQ * sumQ));
    if (!(determinant > 0)) continue;
    let thisScale = fround(fround(fround(sumWeight * sumXQ) - fround(sumX * sumQ)) / determinant);
    let thisLeast = fround(fround(fround(sumQQ * sumX) - fround(sumQ * sumXQ)) / determinant);
    if (thisLeast > 0) {
      thisLeast = 0;
      thisScale = fround(sumXQ / sumQQ);
    }
    let sumError = 0;
    for (let j = 0; j < groupElements; j++) {
      const error = fround(fround(fround(thisScale * trial[j]) + thisLeast) - values[start + j]);
      sumError = fround(sumError + fround(weights[j] * fround(error * error)));
    }
    if (sumError < smallestError) {
      numbers.set(trial, at);
      smallestError = sumError;
      scale = thisScale;
      least = thisLeast;
    }
  }
  scales[group] = scale;
  minima[group] = -least;
}
