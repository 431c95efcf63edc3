// `rondo synth`: writes a model of a well-known shape with random weights, for measurements. Its text has no meaning.
import { writeGguf, type MetadataValue } from '@rondo/gguf';
import { synthesize, synthShapes, withLayers, type SynthShape } from '@rondo/synth';
import { layoutOf } from '@rondo/tensor';
import { formatBytes } from '@rondo/model';
import type { Io } from '../io.ts';
import { openHeader } from '../open-header.ts';
import type { synthOptions, ValuesOf } from '../options.ts';
import { createProgress } from '../output/progress.ts';
import { UsageError } from '../usage-error.ts';
import { writeFileWhole } from '../write-file.ts';

/** @throws UsageError, RondoError, errors of the file system, the signal's reason */
export async function synth(options: ValuesOf<typeof synthOptions>, io: Io): Promise<void> {
  const { shape: shapeName, quant, out, force, seed } = options;
  const vocabulary = options.vocab === undefined ? undefined : await vocabularyOf(options.vocab, io);
  const published: SynthShape = synthShapes[shapeName];
  const shape: SynthShape = {
    ...withLayers(published, options.layers ?? published.layers),
    vocabularySize: vocabulary?.size ?? published.vocabularySize,
  };
  const name = `Synthetic ${shapeName} ${quant}`;
  const pieces = writeGguf(synthesize(shape, { dtype: quant, name, seed, vocabulary: vocabulary?.metadata }));
  const progress = createProgress(io.stderr);
  const startMs = performance.now();
  try {
    const bytes = await writeFileWhole(out, pieces, {
      force,
      signal: io.signal,
      onProgress: (written) => progress.show(`${formatBytes(written)} written`),
    });
    progress.clear();
    const seconds = (performance.now() - startMs) / 1000;
    io.stderr.write(
      `${out}: ${formatBytes(bytes)} of random weights, mostly ${layoutOf(quant).dtype}, in ${seconds.toFixed(1)} s (${formatBytes(bytes / seconds)}/s)\n`,
    );
  } finally {
    progress.clear();
  }
}

interface Vocabulary {
  readonly size: number;
  readonly metadata: readonly (readonly [string, MetadataValue])[];
}

async function vocabularyOf(name: string, io: Io): Promise<Vocabulary> {
  const { metadata } = await openHeader(name, io);
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (tokens?.type !== 'array') throw new UsageError(`${name} has no vocabulary.`);
  return {
    size: tokens.value.length,
    metadata: [...metadata].filter(([key]) => key.startsWith('tokenizer.')),
  };
}
