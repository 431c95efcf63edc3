// GLM-4 (0414). Norms before and after each branch; only a part of each head rotates; gate and up are in one tensor.
import { decoder } from './blocks/decoder.ts';
import { joinedGatedTensors } from './blocks/feed-forward.ts';
import { sandwichLayer, sandwichTensors } from './blocks/sandwich-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The GLM-4 family. */
export const glm4 = decoder({
  name: 'glm4',
  readConfig(gguf) {
    // Models with vision rotate in several dimensions. For text this is the rotation `halves`.
    const inSections = gguf.metadata.has('glm4.rope.dimension_sections');
    return readTransformer(gguf, 'glm4', { rope: inSections ? 'halves' : 'interleaved' }).config;
  },
  tensors: (t) => ({ ...sandwichTensors(t), ...joinedGatedTensors(t) }),
  encode: (code, w, x) => sandwichLayer(code, w, x, { activation: 'silu' }),
});
