// Reads which layers have a gated delta net in place of attention, and the numbers of the nets.
import type { AttentionLayer, LayerSpec, ModelConfig, RecurrentLayer } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';
import { readRecurrence, statesOf, type Recurrence } from './recurrence.ts';
import type { AttentionConfig } from './transformer.ts';

/** Default of `full_attention_interval`. */
const PERIOD = 4;

/**
 * The configuration with delta nets in the layers that `attention.recurrent_layers` names. If the file has no such list, all
 * layers have delta nets except the last of every `full_attention_interval` layers.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withDeltaNets(config: AttentionConfig, keys: Metadata): ModelConfig {
  const blocks = keys.integer('block_count', { most: LIMITS.layers });
  const isRecurrent = keys.findBooleans('attention.recurrent_layers', blocks);
  const interval = keys.integer('full_attention_interval', { most: LIMITS.layers }, PERIOD);
  const net = readRecurrence(keys);
  return {
    ...config,
    layers: config.layers.map((layer, index): LayerSpec => {
      // The MTP block has attention, wherever it stands.
      if (!layer.predicts && (isRecurrent?.[index] ?? (index + 1) % interval !== 0))
        return deltaNetLayer(net, layer.feedForwardWidth);
      checkGate(keys, layer);
      return layer;
    }),
  };
}

/** A layer with a delta net. Its states are the windows of q, k and v, and the state of the delta rule. */
function deltaNetLayer(numbers: Recurrence, feedForwardWidth: number): RecurrentLayer {
  const { heads, headSize: valueSize, groups: keyHeads, stateSize: keySize, window } = numbers;
  const { ofHeads, ofGroups, matrices } = statesOf(numbers);
  return {
    kind: 'recurrent',
    states: [ofGroups, ofGroups, ofHeads, matrices],
    deltaNet: { keyHeads, heads, keySize, valueSize, window },
    feedForwardWidth,
  };
}

/** Checks that a gate fits the values of a head. The gate has the size of a query. @throws RondoError `BAD_CONFIG` */
function checkGate(
  { name }: Metadata,
  { keySize, valueSize }: Pick<AttentionLayer, 'keySize' | 'valueSize'>,
): void {
  if (keySize !== valueSize)
    fail(`${name}.attention.value_length`, valueSize, `${keySize}, as ${name}.attention.key_length is`);
}
