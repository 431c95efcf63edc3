// The least memory is computed from the order in which an architecture declares its tensors. If a layer used its matrices in
// another order, more segments would be begun at once than there is memory for, and a pass would wait for ever.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf, readGguf } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes, type SynthShape } from '@rondo/synth';
import { isWeightRef, wrappedMethods, type Encoder, type WeightRef } from '@rondo/tensor';
import { expect, it } from 'vitest';
import { readModel } from '../src/engine/read-model.ts';
import { rehearsePass } from '../src/pass/encode-pass.ts';
import { findSpec } from '../src/weights/find-tensor.ts';

const shapes = Object.entries(synthShapes).flatMap(([name, shape]): [string, SynthShape][] =>
  name.startsWith('tiny-') ? [[name.slice(5), shape]] : [],
);
/** Tensors below this share of the layer's largest tensor take little room, whenever they are used. */
const LARGE = 1 / 8;

it.each(shapes)(
  'the large matrices of a layer are used in the order of their declaration (%s)',
  async (_, shape) => {
    const source = memory(await encodeGguf(synthesize(shape, { dtype: 'F32' })));
    const gguf = await readGguf(source);
    const { architecture, config } = await readModel(gguf, source, {});
    const backend = await cpu({ threads: 1 });
    rehearsePass({ architecture, config }, backend, 'F32', (rehearsal) => {
      for (const layer of config.layers.keys()) {
        const specs = Object.entries(architecture.layerTensors(config, layer, gguf.tensors));
        const declared = specs.flatMap(([role, spec]) =>
          spec.onHost ? [] : [{ role, ...findSpec(gguf, spec) }],
        );
        const largest = Math.max(...declared.map(({ bytes }) => bytes));
        const large = declared.filter(({ bytes }) => bytes >= largest * LARGE);
        const weights = Object.fromEntries(
          declared.map(({ role, dtype, shape, offset }): [string, WeightRef] => [
            role,
            { dtype, shape, offset, layout: 'raw', segment: 0 },
          ]),
        );
        const used: number[] = [];
        const plain = backend.encoder();
        const methods = wrappedMethods(plain, (weight, encode) => {
          if (weight && isWeightRef(weight)) used.push(weight.offset);
          return encode();
        });
        const recording: Encoder = { ...plain, ...methods };
        rehearsal.layer(recording, weights, layer);
        const roles = used.flatMap((at) =>
          large.filter(({ offset }) => offset === at).map(({ role }) => role),
        );
        expect(roles, `layer ${layer}`).toEqual(large.map(({ role }) => role));
      }
    });
    await backend.dispose();
  },
);
