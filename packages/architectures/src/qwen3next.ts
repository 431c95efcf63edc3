// Qwen3-Next and Qwen3-Coder-Next. As Qwen3.5 with experts, but adjacent value heads share a key head, and products are
// grouped by key heads.
import type { Tensor } from '@rondo/tensor';
import type { Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { deltaNet, ruleTensors, type DeltaNetInputs } from './blocks/delta-net.ts';
import { deltaNetOf, linear, required, type LayerCode } from './blocks/layer-code.ts';
import { mixing, mixingTensors, type Block, type MixingKind } from './blocks/mixing.ts';
import { expertsBesideShared, routerTensors, gatedSharedExpertTensors } from './blocks/mixture.ts';
import { withDeltaNets } from './config/delta-net.ts';
import { withSharedExpert } from './config/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const net: Block = {
  tensors(t) {
    const { width } = t.config;
    const { keyHeads, heads, keySize, valueSize } = deltaNetOf(t.layer);
    const { q, k, v, z, ...rule } = ruleTensors(t);
    return {
      // Older converters write q, k, v and z as one matrix.
      ...(t.has('ssm_in')
        ? { qkvz: t.weight('ssm_in', 2 * keyHeads * keySize + 2 * heads * valueSize, width) }
        : { q, k, v, z }),
      betaAlpha: t.weight('ssm_ba', 2 * heads, width),
      ...rule,
    };
  },
  encode: (code, w, h) => deltaNet(code, w, inputs(code, w, h), 'blocks'),
};

/** The inputs of the delta net. In the products of joined matrices, the values for each key head are together. */
function inputs(code: LayerCode, w: Weights, h: Tensor): DeltaNetInputs {
  const { e, layer } = code;
  const { keyHeads, heads, keySize, valueSize } = deltaNetOf(layer);
  const share = heads / keyHeads;
  const betaAlpha = linear(code, w, 'betaAlpha', h);
  const ofBetaAlpha = (start: number) => e.columns(betaAlpha, { group: 2 * share, start, count: share });
  const rule = { beta: ofBetaAlpha(0), alpha: e.addRow(ofBetaAlpha(share), required(w, 'alphaBias')) };
  if (!w['qkvz']) {
    const product = (role: string) => linear(code, w, role, h);
    return { ...rule, q: product('q'), k: product('k'), v: product('v'), z: product('z') };
  }
  const qkvz = linear(code, w, 'qkvz', h);
  const values = share * valueSize;
  const group = 2 * keySize + 2 * values;
  const ofQkvz = (start: number, count: number) => e.columns(qkvz, { group, start, count });
  return {
    ...rule,
    q: ofQkvz(0, keySize),
    k: ofQkvz(keySize, keySize),
    v: ofQkvz(2 * keySize, values),
    z: ofQkvz(2 * keySize + values, values),
  };
}

const kind: MixingKind = {
  attention: { normalized: 'heads', gated: true },
  recurrent: net,
  feedForwardNorm: 'post_attention_norm',
};

/** Qwen3-Next. */
export const qwen3next = {
  ...decoder({
    name: 'qwen3next',
    readConfig(gguf) {
      const { keys, config } = readTransformer(gguf, 'qwen3next', { rope: 'halves' });
      return withSharedExpert(withDeltaNets(config, keys), keys);
    },
    tensors: (t) => ({ ...mixingTensors(t, kind), ...routerTensors(t), ...gatedSharedExpertTensors(t) }),
    encode: (code, w, x) => mixing(code, w, x, kind),
  }),
  experts: expertsBesideShared({ mayJoin: true }),
};
