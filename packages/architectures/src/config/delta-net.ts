// Reads which layers have a gated delta net in place of attention, and the numbers of the nets.
import type { AttentionLayer, DeltaNet, LayerSpec, ModelConfig, RecurrentLayer } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';
import type { AttentionConfig } from './transformer.ts';

/** If the file has no list: the last of every `PERIOD` layers has attention, the other layers are recurrent. */
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
  const net = readDeltaNet(keys);
  return {
    ...config,
    layers: config.layers.map((layer, index): LayerSpec => {
      if (isRecurrent?.[index] ?? (index + 1) % interval !== 0)
        return deltaNetLayer(net, layer.feedForwardWidth);
      checkGate(keys, layer);
      return layer;
    }),
  };
}

/** A layer with a delta net. Its states are the windows of q, k and v, and the state of the delta rule. */
function deltaNetLayer(deltaNet: DeltaNet, feedForwardWidth: number): RecurrentLayer {
  const { keyHeads, heads, keySize, valueSize, window } = deltaNet;
  const past = window - 1;
  const keys = past * keyHeads * keySize;
  return {
    kind: 'recurrent',
    states: [keys, keys, past * heads * valueSize, heads * valueSize * keySize],
    deltaNet,
    feedForwardWidth,
  };
}

function readDeltaNet(keys: Metadata): DeltaNet {
  const keyHeads = keys.integer('ssm.group_count', { most: LIMITS.heads });
  const heads = keys.integer('ssm.time_step_rank', { most: LIMITS.heads });
  const keySize = keys.integer('ssm.state_size', { most: LIMITS.width });
  const inner = keys.integer('ssm.inner_size', { most: LIMITS.width });
  const window = keys.integer('ssm.conv_kernel', { least: 2, most: LIMITS.convolutionWindow });
  if (heads % keyHeads !== 0)
    fail(`${keys.name}.ssm.group_count`, keyHeads, `a divisor of ${keys.name}.ssm.time_step_rank, ${heads}`);
  if (inner % heads !== 0)
    fail(`${keys.name}.ssm.inner_size`, inner, `a multiple of ${keys.name}.ssm.time_step_rank, ${heads}`);
  return { keyHeads, heads, keySize, valueSize: inner / heads, window };
}

/** Checks that a gate, which has the size of a query, fits the values of a head. @throws RondoError `BAD_CONFIG` */
function checkGate(
  { name }: Metadata,
  { keySize, valueSize }: Pick<AttentionLayer, 'keySize' | 'valueSize'>,
): void {
  if (keySize !== valueSize)
    fail(`${name}.attention.value_length`, valueSize, `${keySize}, as ${name}.attention.key_length is`);
}
