// Attention of a layer that has no keys and values of its own.
import { reference } from '@rondo/tensor';
import { bench } from '@rondo/tensor/conformance';
import { describe, expect, it } from 'vitest';
import type { Weights } from '../architecture.ts';
import { architectureOf } from '../registry.ts';
import { configOf, header } from '../test-support/header.ts';

describe('a layer that shares the keys and values of another', () => {
  const gguf = header('qwen3');
  const config = configOf(gguf);
  const sharing = {
    ...config,
    layers: config.layers.map((layer, index) => (index === 3 ? { ...layer, sharesLayer: 1 } : layer)),
  };

  it('has no matrices of keys and values, and no norm of keys', () => {
    const tensors = architectureOf(gguf).layerTensors(sharing, 3, { has: () => false });
    expect(Object.keys(tensors)).toEqual(
      expect.arrayContaining(['attnNorm', 'q', 'qNorm', 'attnOut', 'gate', 'up', 'down']),
    );
    for (const role of ['k', 'v', 'kNorm']) expect(tensors).not.toHaveProperty(role);
  });

  it('attends to the keys and values that the other layer has stored', async () => {
    const backend = reference();
    const own = { heads: 1, keySize: 4, valueSize: 4 };
    const cache = backend.kvCache({ layers: [own, own, own, undefined], capacity: 4 });
    const on = bench(backend, 3);
    const x = await on.input([2, 8]);
    const spans = [{ cache, position: 0, tokens: 2 }];
    const { layerTensors, encodeLayer } = architectureOf(gguf);
    const weightsOf = async (layer: number) => {
      const specs = Object.entries(layerTensors(sharing, layer, { has: () => false }));
      const loaded = specs.map(async ([role, { shape }]) => [role, await on.weight('F32', shape)] as const);
      return Object.fromEntries(await Promise.all(loaded));
    };
    const [first, shared] = [await weightsOf(1), await weightsOf(3)];
    const encode = (layer: number, weights: Weights) =>
      on.run((e) => encodeLayer(sharing, e, weights, x, { layer, spans }));
    const untold = await encode(3, shared);
    await encode(1, first);
    expect(await encode(3, shared)).not.toEqual(untold);
    // A layer with its own keys and values, equal to the keys and values of layer 1, gives the same result.
    const alone = { ...sharing, layers: config.layers };
    const { k = shared['q'], v = shared['q'], kNorm = shared['q'] } = first;
    if (!k || !v || !kNorm) throw new Error('Layer 1 has keys and values.');
    const elsewhere = backend.kvCache({ layers: [own, own, own, own], capacity: 4 });
    const whole = await on.run((e) =>
      encodeLayer(alone, e, { ...shared, attnNorm: first['attnNorm'] ?? k, k, v, kNorm }, x, {
        layer: 3,
        spans: [{ cache: elsewhere, position: 0, tokens: 2 }],
      }),
    );
    const sameNorm = await on.run((e) =>
      encodeLayer(sharing, e, { ...shared, attnNorm: first['attnNorm'] ?? k }, x, { layer: 3, spans }),
    );
    expect(sameNorm).toEqual(whole);
  });
});
