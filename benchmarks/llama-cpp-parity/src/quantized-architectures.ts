// The quantization types that were run beside llama.cpp, for each architecture. The suite of synthetic models writes them
// into a file, and `docs/architectures.md` shows them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Types in which synthetic models of each architecture are run beside llama.cpp. */
export const comparedTypes = ['Q4_0', 'Q8_0'] as const;

/** A type of `comparedTypes`. */
export type ComparedType = (typeof comparedTypes)[number];

/** The types that passed, by the architecture's name in GGUF files. */
export type QuantizedResults = Record<string, ComparedType[]>;

/** The file that the suite of synthetic models checks, and writes when run with `--update`. */
export const quantizedResultsPath = fileURLToPath(
  new URL('../results/quantized-architectures.json', import.meta.url),
);

/** What the last complete run of the suite showed. */
export const readQuantizedResults = (): QuantizedResults =>
  JSON.parse(readFileSync(quantizedResultsPath, 'utf8')) as QuantizedResults;
