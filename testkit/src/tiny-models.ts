// Tiny models of many architectures with random weights, made by the route of published models: a configuration of
// transformers, and llama.cpp's own converter. `pnpm test:real` makes the files; their list contains torch's results.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lacks } from './lacks.ts';

/** Torch's results with a decoder. */
export interface TinyRun {
  readonly prompt: readonly number[];
  /** 64 greedy ids after the prompt. */
  readonly ids: readonly number[];
  /** For each of `ids`, its logit less the second best logit. */
  readonly leads: readonly number[];
}

/** Torch's results with an embedding model. */
export interface TinyEmbedding {
  /** The ids of the text, with the ids that open and close a text. */
  readonly prompt: readonly number[];
  /** Mean of the last hidden states. */
  readonly embedding: readonly number[];
}

interface TinyModelFacts {
  readonly name: string;
  /** `general.architecture` of the file. */
  readonly architecture: string;
  /** Whether the graph has GELU, which llama.cpp looks up in a table of half floats. */
  readonly gelu: boolean;
}

/** A decoder: no layer has experts (`dense`), some have (`mixture`), or some are recurrent (`hybrid`). */
export interface TinyDecoder extends TinyModelFacts {
  readonly kind: 'dense' | 'mixture' | 'hybrid';
  readonly runs: readonly TinyRun[];
}

/** A model that computes the embedding of a text. */
export interface TinyEmbeddingModel extends TinyModelFacts {
  readonly kind: 'embedding';
  readonly runs: readonly TinyEmbedding[];
}

/** A model of the list. */
export type TinyModel = TinyDecoder | TinyEmbeddingModel;

/** Folder of the models: the variable RONDO_TINY_MODELS, or `.cache/tiny-models`. */
export const tinyModelsFolder =
  process.env['RONDO_TINY_MODELS'] ?? fileURLToPath(new URL('../../.cache/tiny-models/', import.meta.url));

/** Folder of the Python packages, among them jinja2 and transformers, that `pnpm test:real` installs. */
export const pythonPackagesFolder = fileURLToPath(
  new URL('../../.cache/tiny-models-python/', import.meta.url),
);

const listPath = join(tinyModelsFolder, 'models.json');

/** Path of a model's file. */
export function tinyModelPath({ name }: TinyModel): string {
  return join(tinyModelsFolder, `${name}.gguf`);
}

/** All models; none if {@link lacksTinyModels}. */
export function readTinyModels(): readonly TinyModel[] {
  return existsSync(listPath) ? (JSON.parse(readFileSync(listPath, 'utf8')) as TinyModel[]) : [];
}

/** Whether the models are missing, for `describe.skipIf`. @throws Error in CI if they are missing */
export function lacksTinyModels(): boolean {
  const there = existsSync(listPath);
  const why = `tests need the models in ${tinyModelsFolder}, which \`pnpm test:real\` makes`;
  if (!there && process.env['CI']) throw new Error(`The tiny models are missing: ${why}.`);
  return lacks(there, why);
}
