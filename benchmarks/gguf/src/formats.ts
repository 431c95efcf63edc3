// How fast the formats of @rondo/tensor decode and encode, on one thread.
import { summarize, type Summary } from '@rondo/bench-shared';
import { formats, rowBytes, type DType, type QuantFormat } from '@rondo/tensor';
import { randomNumbers, randomValues, randomWeights } from '@rondo/tensor/conformance';

/** How fast one format is. */
export interface FormatSpeed {
  readonly dtype: DType;
  /** GB (10^9 bytes) of float32 that decoding produces in a second. */
  readonly decoded: Summary;
  /** GB (10^9 bytes) of float32 that encoding reads in a second; undefined for formats that only decode. */
  readonly encoded?: Summary | undefined;
}

/** Decodes and encodes `values` values, a multiple of 256, in one format after another, and repeats the whole round. */
export function measureFormats(values: number, repetitions: number): FormatSpeed[] {
  const random = randomNumbers(5);
  const samples = randomValues(values, random);
  const subjects = [...formats.values()].map((format) => ({
    format,
    blocks: randomWeights(format.dtype, 1, values, random),
    decoded: [] as number[],
    encoded: [] as number[],
  }));
  const floats = new Float32Array(values);
  // The first round is not counted: it compiles the code, and shows the engine all formats, as in a program that uses
  // several.
  for (let round = 0; round <= repetitions; round++) {
    for (const { format, blocks, decoded, encoded } of subjects) {
      const speed = gigabytesPerSecond(values, () => format.dequantize(blocks, floats));
      if (round > 0) decoded.push(speed);
      if (format.quantize === undefined) continue;
      const encodedSpeed = encodingSpeed(format, samples);
      if (round > 0) encoded.push(encodedSpeed);
    }
  }
  return subjects.map(({ format, decoded, encoded }) => ({
    dtype: format.dtype,
    decoded: summarize(decoded),
    encoded: encoded.length > 0 ? summarize(encoded) : undefined,
  }));
}

/** Measured on a sixteenth of the values, because searching for scales is slow. */
function encodingSpeed({ dtype, quantize }: QuantFormat, samples: Float32Array): number {
  const some = samples.subarray(0, samples.length / 16);
  const blocks = new Uint8Array(rowBytes(dtype, some.length));
  return gigabytesPerSecond(some.length, () => quantize?.(some, blocks));
}

function gigabytesPerSecond(values: number, run: () => void): number {
  const startMs = performance.now();
  run();
  return (values * 4) / (performance.now() - startMs) / 1e6;
}
