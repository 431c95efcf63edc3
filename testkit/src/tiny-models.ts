// Tiny models with random weights, of many architectures, made by the route that published models take: a configuration of
// transformers, and llama.cpp's own converter. `pnpm test:real` makes the files; their list says what torch computes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lacks } from './lacks.ts';

/** What torch computes with a decoder. */
export interface TinyRun {
  readonly prompt: readonly number[];
  /** 64 greedy ids behind the prompt. */
  readonly ids: readonly number[];
  /** For each of `ids`, its logit less the second best. */
  readonly leads: readonly number[];
}

/** What torch computes with an embedding model. */
export interface TinyEmbedding {
  /** With the ids that open and close a text. */
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

/** A model that gives the embedding of a text. */
export interface TinyEmbeddingModel extends TinyModelFacts {
  readonly kind: 'embedding';
  readonly runs: readonly TinyEmbedding[];
}

/** A model of the list. */
export type TinyModel = TinyDecoder | TinyEmbeddingModel;

/** Folder of the models: the variable RONDO_TINY_MODELS, or `.cache/tiny-models`. */
export const tinyModelsFolder =
  process.env['RONDO_TINY_MODELS'] ?? fileURLToPath(new URL('../../.cache/tiny-models/', import.meta.url));

const listPath = join(tinyModelsFolder, 'models.json');

/** Path of a model's file. */
export function tinyModelPath({ name }: TinyModel): string {
  return join(tinyModelsFolder, `${name}.gguf`);
}

/** All models; none where {@link lacksTinyModels}. */
export function readTinyModels(): readonly TinyModel[] {
  return existsSync(listPath) ? (JSON.parse(readFileSync(listPath, 'utf8')) as TinyModel[]) : [];
}

/** Whether the models are missing, for `describe.skipIf`. @throws Error for that in CI */
export function lacksTinyModels(): boolean {
  const there = existsSync(listPath);
  const why = `tests need the models in ${tinyModelsFolder}, which \`pnpm test:real\` makes`;
  if (!there && process.env['CI']) throw new Error(`The tiny models are missing: ${why}.`);
  return lacks(there, why);
}
