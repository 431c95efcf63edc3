// Granite 3 and the dense models of Granite 4. As Llama, with four scales: of embeddings, attention scores, results of
// branches, and logits.
import type { Gguf } from '@rondo/gguf';
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases } from './blocks/feed-forward.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer, type Transformer } from './config/transformer.ts';

/**
 * The metadata of a Granite model, whose keys begin with `name`. In a hybrid model, layers may lack attention, and the scale of
 * the logits may be absent.
 *
 * @throws RondoError `BAD_CONFIG`, `UNSUPPORTED`
 */
export function readGranite(
  gguf: Gguf,
  name: string,
  { isHybrid = false } = {},
): Pick<Transformer, 'keys' | 'config'> {
  const { keys, config } = readTransformer(gguf, name, { rope: 'interleaved', mayLackAttention: isHybrid });
  const rotates = keys.findBoolean('rope.scaling.finetuned') ?? true;
  return {
    keys,
    config: {
      ...config,
      layers: rotates ? config.layers : config.layers.map((layer) => ({ ...layer, rope: undefined })),
      embeddingScale: keys.findPositive('embedding_scale') ?? 1,
      residualScale: keys.findPositive('residual_scale') ?? 1,
      logitScale: 1 / keys.positive('logit_scale', isHybrid ? 1 : undefined),
    },
  };
}

/** The Granite family. */
export const granite = decoder({
  name: 'granite',
  readConfig: (gguf) => readGranite(gguf, 'granite').config,
  tensors: (t) => ({ ...preNormTensors(t, { outBias: 'optional' }), ...feedForwardBiases(t) }),
  encode: preNormLayer,
});
