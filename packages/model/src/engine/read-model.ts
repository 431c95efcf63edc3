// Reads the description of a model from its file: architecture, configuration, vocabulary, template. A file with which the
// model would write a wrong text is refused here, before any weights are read.
import {
  type Architecture,
  architectureOf,
  checkAllTensorsUsed,
  checkIsModel,
  type ConfigOptions,
  type ModelConfig,
} from '@rondo/architectures';
import { RondoError, type RondoWarning } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { createTokenizer, type Tokenizer } from '@rondo/tokenizer';
import type { FileTemplates } from '../common/file-templates.ts';
import { withHostValues } from '../weights/host-values.ts';
import { readRopeFactors, type RopeFactors } from '../weights/rope-factors.ts';
import { templatesOf } from './read-templates.ts';
import { vocabularyOf } from './vocabulary.ts';

/** The description of a model in its file. */
export interface ModelDescription {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  /** Divisors of rotary frequencies, which the configuration does not have yet. */
  readonly ropeFactors: RopeFactors;
  readonly tokenizer: Tokenizer;
  /** The chat templates of the file. */
  readonly templates: FileTemplates;
  /** Warnings, each once. */
  readonly warnings: readonly RondoWarning[];
}

/**
 * Reads the description of the model in `gguf`; a few bytes of weights are read from `source`.
 *
 * @throws RondoError `NOT_A_MODEL`, `UNSUPPORTED_ARCHITECTURE`, `UNSUPPORTED_TOKENIZER`, `UNSUPPORTED`, `BAD_CONFIG`,
 * `BAD_VOCABULARY`, `UNUSED_TENSOR`, `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`; what reading throws; the signal's reason
 */
export async function readModel(
  gguf: Gguf,
  source: ByteSource,
  { mtp = false, ...options }: ReadOptions & ConfigOptions,
): Promise<ModelDescription> {
  checkIsModel(gguf);
  const architecture = architectureOf(gguf);
  if (mtp && !architecture.mayPredict) {
    throw new RondoError(
      'UNSUPPORTED',
      `The MTP block of models of the architecture "${architecture.name}" is not supported: load the model without \`mtp\`.`,
      { details: { architecture: architecture.name } },
    );
  }
  const described = architecture.readConfig(gguf, { mtp });
  const ropeFactors = await readRopeFactors(described, gguf, source, options);
  const skipped = checkAllTensorsUsed(gguf, architecture, described);
  const config = await withHostValues(described, architecture, gguf, source, options);
  const tokenizer = createTokenizer(vocabularyOf(gguf));
  return {
    architecture,
    config,
    ropeFactors,
    tokenizer,
    templates: templatesOf(gguf),
    warnings: [...(config.warnings ?? []), ...skipped, ...tokenizer.warnings],
  };
}
