// Reads what the Granite families have in common: four scales, and whether queries and keys rotate.
import type { Gguf } from '@rondo/gguf';
import { readTransformer, type Transformer } from './transformer.ts';

/**
 * A transformer of the Granite families. `mayLackAttention`: see `TransformerKind`.
 *
 * @throws RondoError `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readGranite(gguf: Gguf, name: string, mayLackAttention = false): Omit<Transformer, 'rope'> {
  const { keys, config } = readTransformer(gguf, name, { rope: 'interleaved', mayLackAttention });
  const rotates = keys.findBoolean('rope.scaling.finetuned') ?? true;
  return {
    keys,
    config: {
      ...config,
      layers: rotates ? config.layers : config.layers.map((layer) => ({ ...layer, rope: undefined })),
      embeddingScale: keys.findPositive('embedding_scale') ?? 1,
      residualScale: keys.findPositive('residual_scale') ?? 1,
      logitScale: 1 / (keys.findPositive('logit_scale') ?? 1),
    },
  };
}
